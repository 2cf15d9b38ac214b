/**
 * Writes `server/openapi.json`, the description that is kept in git for clients to be made from:
 * `node server/src/api/write-openapi.ts`. `openapi.test.ts` fails when it was forgotten.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { describeApi } from '#api/openapi.ts';
import { apiRoutes, sandboxRoutes } from '#api/routes/index.ts';

const file = new URL('../../openapi.json', import.meta.url);
const packageFile = new URL('../../package.json', import.meta.url);

/** Of a development server at its default address: every call is in it. */
export function openapiText(): string {
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };
  const about = { publicUrl: 'http://127.0.0.1:8080', version };
  return `${JSON.stringify(describeApi([...apiRoutes, ...sandboxRoutes], about), null, 2)}\n`;
}

if (import.meta.main) writeFileSync(file, openapiText());
