import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { PartSearch } from './part.ts';
import { findPythonPackages } from './python-packages.ts';

/**
 * The public fuzzer Schemathesis from PyPI: it reads the description of an API, makes requests that
 * fit it and requests that do not, follows its links from one call to the next, and judges every
 * answer by the description.
 */
const schemathesis = {
  name: 'schemathesis-4.32.5',
  packages: [
    'anyio==4.16.0',
    'certifi==2026.10.18',
    'charset-normalizer==3.5.2',
    'click==8.5.1',
    'graphql-core==3.3.2',
    'harfile==0.6.0',
    'hypothesis==6.170.15',
    'hypothesis-graphql==0.13.5',
    'idna==3.20',
    'iniconfig==2.3.1',
    'jsonschema_rs==0.60.3',
    'markdown-it-py==4.3.0',
    'MarkupSafe==3.0.4',
    'mdurl==0.1.2',
    'packaging==26.3',
    'pluggy==1.7.0',
    'Pygments==2.21.0',
    'pyrate-limiter==4.5.1',
    'pytest==9.2.0',
    'PyYAML==6.0.3',
    'requests==2.34.2',
    'rich==15.0.0',
    'schemathesis==4.32.5',
    'sortedcontainers==2.4.0',
    'typing_extensions==4.16.0',
    'urllib3==2.8.0',
    'Werkzeug==3.1.9',
  ],
};
const settings = fileURLToPath(new URL('./schemathesis.toml', import.meta.url));

/**
 * Every check but this one: what fits the schema may still be refused. That a number can be no
 * phone, a text has no place for the code, or a key for repeating is another request's, is known to
 * the service and cannot be said in a schema.
 */
const checkLeftOut = 'positive_data_acceptance';

/** Beyond the time it was given: loading, and shrinking what was found. */
const graceSeconds = 60;
/** Enough of its report to see what went wrong; bodies of megabytes stand in it. */
const shownCharactersMax = 20_000;

/** The folder that Python finds the fuzzer in. */
export function findSchemathesis(): PartSearch<string> {
  return findPythonPackages(schemathesis);
}

export interface FuzzOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly seed: number;
  readonly seconds: number;
  readonly phases: readonly ('examples' | 'coverage' | 'fuzzing' | 'stateful')[];
  /** Which calls, as arguments: `--include-operation-id`, `--exclude-operation-id`. */
  readonly operations: readonly string[];
}

export interface FuzzReport {
  /** It tried everything that it was asked to, and found nothing against any answer. */
  readonly isClean: boolean;
  readonly requests: number;
  readonly report: string;
}

export async function fuzz(folder: string, options: FuzzOptions): Promise<FuzzReport> {
  const workFolder = mkdtempSync(join(tmpdir(), 'watchword-fuzz-'));
  const args = [
    join(folder, 'bin', 'schemathesis'),
    ...['--config-file', settings, 'run', `${options.url}/v1/openapi.json`],
    ...['--header', `Authorization: Bearer ${options.apiKey}`],
    ...['--phases', options.phases.join(',')],
    ...['--checks', 'all', '--exclude-checks', checkLeftOut],
    ...['--seed', String(options.seed), '--max-time', String(options.seconds)],
    // A call that takes longer hangs, as far as a caller can tell.
    ...['--request-timeout', '10', '--max-response-time', '5'],
    ...['--continue-on-failure', '--no-shrink', '--no-color', '--warnings', 'off'],
    ...options.operations,
  ];
  const child = spawn('python3', args, {
    cwd: workFolder,
    env: { ...process.env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: (options.seconds + graceSeconds) * 1000,
  });
  const ended = new Promise<number | null>((done, fail) => {
    child.once('error', fail);
    child.once('close', done);
  });
  const [output, complaints, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    ended,
  ]);
  rmSync(workFolder, { recursive: true, force: true });
  const report = `${output.slice(-shownCharactersMax)}${complaints.slice(-shownCharactersMax)}`;
  const requests = Number(/Test cases:\s+(\d+) generated/.exec(report)?.[1] ?? 0);
  return { isClean: code === 0, requests, report };
}
