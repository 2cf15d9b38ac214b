import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The real server as its own process, on a data folder of its own and a free port. */
export interface RunningServer {
  readonly url: string;
  readonly apiKey: string;
  readonly application: string;
  readonly folder: string;
  readonly processId: number;
  /** Everything it printed so far. */
  output(): string;
  /** A call with the API key; the body is JSON on the way in and out. */
  call(method: string, path: string, body?: unknown, headers?: HeaderFields): Promise<Answer>;
  /** SIGTERM; answers the exit code. */
  stop(): Promise<number | null>;
  /** kill -9. */
  kill(): Promise<void>;
  /** The same folder and port again, after `stop` or `kill`. */
  restart(): Promise<RunningServer>;
  /** Ends the process and removes the folder. */
  remove(): Promise<void>;
}

export type HeaderFields = Readonly<Record<string, string>>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // The shape of an answer is what the tests look at, so it stays untyped here.
  // biome-ignore lint/suspicious/noExplicitAny: JSON of whatever shape the call has.
  readonly body: any;
}

const watchword = fileURLToPath(new URL('../../bin/watchword.mjs', import.meta.url));
const startTimeoutMs = 20_000;

export async function startDevelopmentServer(
  environment: Readonly<Record<string, string>> = {},
  folder = mkdtempSync(join(tmpdir(), 'watchword-')),
): Promise<RunningServer> {
  const printed: string[] = [];
  const child = spawn(process.execPath, [watchword, 'dev'], {
    env: {
      ...withoutOurs(process.env),
      WATCHWORD_DATA: folder,
      WATCHWORD_PORT: '0',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => printed.push(chunk));
  }
  const exited = once(child, 'exit');
  const output = () => printed.join('');
  await untilListening(child, output);
  const credentials = JSON.parse(readFileSync(join(folder, 'dev-credentials.json'), 'utf8'));
  const { url, apiKey, application } = credentials as Record<string, string>;
  if (url === undefined || apiKey === undefined || application === undefined) {
    throw new Error('dev-credentials.json lacks a part');
  }

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const [code] = (await exited) as [number | null];
    return code;
  }

  return {
    url,
    apiKey,
    application,
    folder,
    processId: child.pid ?? 0,
    output,
    call: (method, path, body, headers) => callServer({ url, apiKey }, method, path, body, headers),
    stop: () => end('SIGTERM'),
    async kill() {
      await end('SIGKILL');
    },
    restart: () =>
      startDevelopmentServer({ ...environment, WATCHWORD_PORT: new URL(url).port }, folder),
    async remove() {
      await end('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function callServer(
  server: { url: string; apiKey: string },
  method: string,
  path: string,
  body?: unknown,
  headers: HeaderFields = {},
): Promise<Answer> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${server.apiKey}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  const parsed: unknown = isJson && text !== '' ? JSON.parse(text) : null;
  return { status: response.status, headers: response.headers, text, body: parsed };
}

/** The code in the newest message to a recipient, as the person holding the phone reads it. */
export async function readCode(server: RunningServer, recipient: string): Promise<string> {
  const query = new URLSearchParams({ recipient, limit: '1' });
  const found = await waitFor(async () => {
    const { body } = await server.call('GET', `/v1/sandbox/messages?${query}`);
    return body.items[0] as { text: string } | undefined;
  });
  const code = /\b[A-Z0-9]{4,10}\b/.exec(found.text.replace(/[^0-9A-Z ]/g, ' '))?.[0];
  if (code === undefined) throw new Error(`no code in: ${found.text}`);
  return code;
}

/** What the server logged, line by line, since it listens: what comes before is for people. */
export function logLines(server: Pick<RunningServer, 'output'>): string[] {
  const output = server.output();
  const begin = output.lastIndexOf('\n', output.indexOf('"msg":"listening"')) + 1;
  return output.slice(begin).split('\n').slice(0, -1);
}

/** Asks again until there is an answer; a condition, not a pause, decides when to go on. */
export async function waitFor<Value>(
  look: () => Promise<Value | undefined | null>,
  timeoutMs = 10_000,
): Promise<Value> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== null) return value;
    if (Date.now() > deadline) throw new Error('the condition did not come true in time');
    await pause(10);
  }
}

async function untilListening(child: ChildProcess, output: () => string): Promise<void> {
  await waitFor(async () => {
    if (child.exitCode !== null) throw new Error(`the server ended:\n${output()}`);
    return /"msg":"listening"/.test(output()) ? true : null;
  }, startTimeoutMs);
}

/** Settings of whoever runs the tests must not leak into the server under test. */
function withoutOurs(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith('WATCHWORD_')),
  );
}
