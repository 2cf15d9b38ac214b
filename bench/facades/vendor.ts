/**
 * What the benchmark has to know of a façade: the vendor's own calls, and the native ones that do
 * the same. Each façade is one file beside this one and one line in `index.ts`.
 */
import type { SystemShape } from '../load/protocol.ts';

/** What a client of the vendor is given, as `watchword credentials create` shows it. */
export type Credentials = Readonly<Record<string, string>>;

export type Calls = Omit<SystemShape, 'ports' | 'message' | 'numbersOf'>;

export interface Vendor {
  /** As the command line calls it. */
  readonly name: string;
  readonly numbersOf: 'DE' | 'IN';
  /** What the native application has in its settings, so that its calls do the same. */
  readonly rules: Readonly<Record<string, unknown>>;
  /** `base` is the server's URL: a client that needs a token gets it here, once. */
  open(credentials: Credentials, base: string): Promise<readonly VendorCase[]>;
}

export interface VendorCase {
  /** As the table calls it. */
  readonly title: string;
  /** Messages where nothing is checked. */
  readonly workload: 'pairs' | 'messages';
  readonly calls: Calls;
  /** Null where `/v1` has no such call. */
  readonly native: NativeCalls | null;
}

/** The bodies of the native calls; without a place for the id the check names the recipient. */
export interface NativeCalls {
  readonly start: string;
  readonly check: string;
}

/** Asks for a token as the vendor's clients do, and reads it from the answer. */
export async function fetchToken(
  url: string,
  request: RequestInit,
  read: (answer: Record<string, unknown>) => unknown,
): Promise<string> {
  const answer = await fetch(url, request);
  const token = read((await answer.json()) as Record<string, unknown>);
  if (typeof token === 'string') return token;
  throw new Error(`${new URL(url).pathname} answered ${answer.status} without a token.`);
}
