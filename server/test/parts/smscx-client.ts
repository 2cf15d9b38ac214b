import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { PartSearch } from './part.ts';
import { findPythonPackages } from './python-packages.ts';

/**
 * SMS.CX's own Python SDK from PyPI, unchanged. It reads headers of answers by a function that
 * urllib3 2 has not any more, so it runs with the newest urllib3 1.
 */
const smscxClient = {
  name: 'smscx-client-0.1.13',
  packages: [
    'python-dateutil==2.9.0.post0',
    'six==1.17.0',
    'smscx-client==0.1.13',
    'urllib3==1.26.20',
  ],
};
const script = fileURLToPath(new URL('./call-smscx.py', import.meta.url));

/** The folder that Python finds the SDK in. */
export function findSmscxClient(): PartSearch<string> {
  return findPythonPackages(smscxClient);
}

/** A call of the SDK, by the names that it has there. */
export interface SdkCall {
  readonly configuration: Readonly<Record<string, string>>;
  readonly api: 'otp_api.OtpApi' | 'oauth_api.OauthApi' | 'applications_api.ApplicationsApi';
  readonly method: string;
  readonly args?: readonly unknown[];
  /** The model that the last argument is made of, and its fields. */
  readonly model?: readonly [name: string, fields: Readonly<Record<string, unknown>>];
  readonly options?: Readonly<Record<string, unknown>>;
}

/** What it returned, as plain values, or the exception that it raised. */
export type SdkAnswer =
  | { readonly value: unknown }
  | {
      readonly exception: string;
      readonly status: number | null;
      readonly error: { readonly type: string; readonly code: number } | null;
      readonly message: string;
    };

export interface Sdk {
  call(call: SdkCall): Promise<SdkAnswer>;
  close(): Promise<void>;
}

/** One process for all calls, which it makes one after another. */
export function startSmscxClient(folder: string): Sdk {
  const python = spawn('python3', ['-W', 'ignore', script], {
    env: { ...process.env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(python, 'close');
  const lines = createInterface(python.stdout)[Symbol.asyncIterator]();
  return {
    async call(call) {
      python.stdin.write(`${JSON.stringify(call)}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error('The SDK has ended.');
      return JSON.parse(value) as SdkAnswer;
    },
    async close() {
      python.stdin.end();
      await ended;
    },
  };
}
