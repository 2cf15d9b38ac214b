/** What an account at a vendor is given: kept by a development server, or made by its operator. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Vendor } from '../operations.ts';
import type { Credentials } from './door.ts';

const watchword = fileURLToPath(new URL('../../../bin/watchword.mjs', import.meta.url));
const run = promisify(execFile);

/** Those of the development application. */
export function readCredentials(folder: string, vendor: Vendor): Credentials {
  const text = readFileSync(join(folder, 'dev-credentials.json'), 'utf8');
  const { [vendor]: part } = JSON.parse(text) as Record<string, Credentials | undefined>;
  if (part === undefined) throw new Error(`dev-credentials.json has no part for ${vendor}.`);
  return part;
}

/** As an operator makes them, for any application. */
export async function makeCredentials(
  environment: NodeJS.ProcessEnv,
  application: string,
  vendor: Vendor,
): Promise<Credentials> {
  const words = ['credentials', 'create', vendor, '--application', application, '--json'];
  const { stdout } = await run(process.execPath, [watchword, ...words], { env: environment });
  return JSON.parse(stdout) as Credentials;
}
