/** One application behind every façade, and for each a native one that has the same rules. */
import type { SystemShape } from '../load/protocol.ts';
import type { FacadeCase } from '../systems/system.ts';
import {
  createApplication,
  type Environment,
  sendingBy,
  watchwordShape,
  watchwordTool,
} from '../systems/watchword.ts';
import { vendors } from './index.ts';
import type { Calls, Credentials, NativeCalls, Vendor } from './vendor.ts';

export interface Client {
  readonly vendor: Vendor;
  readonly credentials: Credentials;
  /** Of the native application. */
  readonly apiKey: string;
}

const owner = 'facades';

/** Before the server runs, by the command line. */
export async function createClients(environment: Environment): Promise<readonly Client[]> {
  const settings = sendingBy('healthy');
  await createApplication(environment, owner, settings);
  const clients: Client[] = [];
  for (const vendor of vendors) {
    const { name, rules } = vendor;
    const words = ['credentials', 'create', name, '--application', owner];
    const shown = await watchwordTool(environment, ...words);
    const apiKey = await createApplication(environment, `like-${name}`, { ...settings, ...rules });
    clients.push({ vendor, credentials: shown as Credentials, apiKey });
  }
  return clients;
}

/** When it runs: some clients need a token first. */
export async function openCases(
  clients: readonly Client[],
  port: number,
): Promise<readonly FacadeCase[]> {
  const cases: FacadeCase[] = [];
  for (const { vendor, credentials, apiKey } of clients) {
    const base = `http://127.0.0.1:${port}`;
    const usual = watchwordShape([port], apiKey);
    const { numbersOf } = vendor;
    for (const { calls, native, ...rest } of await vendor.open(credentials, base)) {
      cases.push({
        ...rest,
        facade: { ...usual, ...calls, numbersOf },
        native: native === null ? null : { ...usual, ...callsOf(usual, native), numbersOf },
      });
    }
  }
  return cases;
}

function callsOf(usual: SystemShape, { start, check }: NativeCalls): Partial<Calls> {
  const path = check.includes('"recipient"') ? '/v1/checks' : usual.check.path;
  return {
    start: { ...usual.start, body: start },
    check: { ...usual.check, path, body: check },
  };
}
