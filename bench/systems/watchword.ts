/** What Watchword's systems have in common: the program as users start it, and its calls. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { GatewayPorts, SystemShape } from '../load/protocol.ts';
import type { ProgramPlan } from './program.ts';
import type { Ground } from './system.ts';

const watchword = fileURLToPath(new URL('../../server/bin/watchword.mjs', import.meta.url));
const manifestFile = new URL('../../server/package.json', import.meta.url);
const run = promisify(execFile);
const toolTimeoutMs = 60_000;
/** A migration may rewrite what years have left. */
const migrateTimeoutMs = 1_800_000;

export type Environment = Readonly<Record<string, string>>;

export function watchwordVersion(): string {
  return String(JSON.parse(readFileSync(manifestFile, 'utf8')).version);
}

/** One gateway as an operator would declare it, three times at different addresses. */
function providerOf(name: keyof GatewayPorts, { gateways }: Ground): object {
  return {
    name,
    kind: 'http',
    // As many as the table's callers need at the pace of this gateway; the default is 32.
    concurrencyMax: 64,
    manifest: {
      name: 'bench',
      channels: ['sms'],
      method: 'POST',
      url: `http://127.0.0.1:${gateways[name]}/messages`,
      body: {
        type: 'json',
        content: { to: '{{destination}}', text: '{{text}}', code: '{{code}}' },
      },
      success: { status: [200] },
      messageId: { pointer: '/id' },
    },
  };
}

/** The settings of `serve`: a key ring, gateways, and no line per request, as with the peers. */
export async function productionEnvironment(
  ground: Ground,
  storage: Environment,
): Promise<Environment> {
  const { healthy, slow, dead } = ground.gateways;
  const names = ground.isWithBadGateways ? (['healthy', 'slow', 'dead'] as const) : ['healthy'];
  const { key } = await watchwordTool({}, 'keys', 'generate');
  return {
    ...storage,
    WATCHWORD_KEYS: String(key),
    WATCHWORD_LOG_LEVEL: 'warn',
    WATCHWORD_PROVIDERS: JSON.stringify(
      names.map((name) => providerOf(name as keyof GatewayPorts, ground)),
    ),
    WATCHWORD_EGRESS_ALLOW: [healthy, slow, dead].map((port) => `127.0.0.1:${port}`).join(','),
  };
}

/** Runs a command of the command line with `--json`. */
export async function watchwordTool(
  environment: Environment,
  ...words: readonly string[]
): Promise<Record<string, unknown>> {
  const { PATH = '', HOME = '' } = process.env;
  try {
    const { stdout } = await run(process.execPath, [watchword, ...words, '--json'], {
      env: { PATH, HOME, ...environment },
      timeout: words[0] === 'migrate' ? migrateTimeoutMs : toolTimeoutMs,
    });
    return JSON.parse(stdout);
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    const told = stderr.trim().replaceAll('\n', ' ') || message;
    throw new Error(`watchword ${words.join(' ')}: ${told}`, { cause: error });
  }
}

/** The settings of an application that sends by one provider alone, to where the load goes. */
export function sendingBy(provider: keyof GatewayPorts): object {
  return { countries: ['DE', 'IN'], providers: { sms: [provider] } };
}

/** An application with some settings of its own; answers its API key. */
export async function createApplication(
  environment: Environment,
  name: string,
  settings: object,
): Promise<string> {
  await watchwordTool(environment, 'application', 'create', name);
  await watchwordTool(environment, 'application', 'change', name, JSON.stringify(settings));
  const { apiKey } = await watchwordTool(environment, 'api-key', 'create', name);
  return String(apiKey);
}

export function servePlan(folder: string, environment: Environment, port: number): ProgramPlan {
  return {
    command: process.execPath,
    args: [watchword, 'serve'],
    environment: { ...environment, WATCHWORD_PORT: String(port) },
    folder,
    logFile: join(folder, `watchword-${port}.log`),
    port,
    readyPath: '/readyz',
  };
}

export function watchwordShape(ports: readonly number[], apiKey: string): SystemShape {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  return {
    ports,
    start: {
      method: 'POST',
      path: '/v1/verifications',
      headers,
      body: '{"recipient":"+{{number}}"}',
    },
    started: { status: 201, contains: '"status":"pending"' },
    idAfter: '"id":"',
    check: {
      method: 'POST',
      path: '/v1/verifications/{{id}}/check',
      headers,
      body: '{"code":"{{code}}"}',
    },
    approved: { status: 200, contains: '"approved":true' },
    wrong: { status: 200, contains: '"approved":false' },
    message: { numberAfter: '"to":"+', codeAfter: '"code":"' },
  };
}

/** The shape that is measured, and those of the applications behind bad gateways. */
export async function createApplications(
  { isWithBadGateways }: Ground,
  environment: Environment,
  ports: readonly number[],
) {
  const shapeOf = async (provider: keyof GatewayPorts) =>
    watchwordShape(ports, await createApplication(environment, provider, sendingBy(provider)));
  const shape = await shapeOf('healthy');
  if (!isWithBadGateways) return { shape };
  return { shape, bad: { slow: await shapeOf('slow'), dead: await shapeOf('dead') } };
}
