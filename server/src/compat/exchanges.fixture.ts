/**
 * Recorded exchanges: what a vendor's client sends and what it expects back, as data. A text of a
 * request may hold `{{name}}`, which stands for a value that the test has. In an answer `{{=name}}`
 * takes the text that stands there, whatever it is, and keeps it under that name for the exchanges
 * that follow; `{{#}}` stands for any whole number. Everything else has to be the same, types
 * and missing members included.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';

export interface Exchange {
  readonly name: string;
  /** Where it is written down that the vendor does this. */
  readonly source: string;
  /** Rows of the vendor's tables that it shows, where a test counts them. */
  readonly rows?: readonly string[];
  readonly request: {
    readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
    readonly path: string;
    readonly query?: Readonly<Record<string, string>>;
    readonly headers?: Readonly<Record<string, string>>;
    /** JSON is sent as JSON, a text as it stands. */
    readonly body?: unknown;
  };
  readonly answer: { readonly status: number; readonly body: unknown };
}

export function readExchanges(file: URL): readonly Exchange[] {
  return JSON.parse(readFileSync(file, 'utf8')) as readonly Exchange[];
}

/** Sends it below `prefix`, and adds what it takes to `values`. */
export async function replay(
  app: FastifyInstance,
  { name, request, answer }: Exchange,
  values: Map<string, string>,
  prefix = '',
): Promise<LightMyRequestResponse> {
  const query = new URLSearchParams(fill({ ...request.query }, values) as Record<string, string>);
  const answered = await app.inject({
    method: request.method,
    url: `${prefix}${String(fill(request.path, values))}${query.size > 0 ? `?${query}` : ''}`,
    headers: fill({ ...request.headers }, values) as Record<string, string>,
    ...(request.body === undefined ? {} : { payload: fill(request.body, values) as object }),
  });
  assert.equal(answered.statusCode, answer.status, `${name}: ${answered.body}`);
  matchBody(answered.json(), answer.body, values, name);
  return answered;
}

function fill(template: unknown, values: ReadonlyMap<string, string>): unknown {
  if (typeof template === 'string') {
    return template.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
      const value = values.get(name);
      assert.ok(value !== undefined, `nothing has said what {{${name}}} is`);
      return value;
    });
  }
  return mapMembers(template, (member) => fill(member, values));
}

/** `where` begins what a mismatch says. */
export function matchBody(
  actual: unknown,
  expected: unknown,
  values: Map<string, string>,
  where: string,
): void {
  const taken = typeof expected === 'string' ? /^\{\{=(\w+)\}\}$/.exec(expected)?.[1] : undefined;
  if (taken !== undefined) {
    assert.ok(typeof actual === 'string' && actual !== '', `${where} is a text`);
    values.set(taken, actual);
    return;
  }
  if (expected === '{{#}}') {
    assert.ok(Number.isInteger(actual), `${where} is a whole number`);
    return;
  }
  if (typeof expected !== 'object' || expected === null) {
    assert.equal(actual, fill(expected, values), where);
    return;
  }
  assert.ok(typeof actual === 'object' && actual !== null, where);
  assert.equal(Array.isArray(actual), Array.isArray(expected), where);
  assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort(), where);
  for (const [name, member] of Object.entries(expected)) {
    matchBody((actual as Record<string, unknown>)[name], member, values, `${where} /${name}`);
  }
}

function mapMembers(value: unknown, change: (member: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(change);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, change(one)]));
}
