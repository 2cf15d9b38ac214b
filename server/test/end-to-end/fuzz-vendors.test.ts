import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { canaryCode } from './hostile-calls.ts';
import { oddSpellings } from './hostile-targets.ts';
import { hostileNames, hostileTexts } from './hostile-values.ts';
import { type Answer, judgeAnswer } from './judge-answer.ts';
import { judgeVendorAnswer } from './judge-vendor-answer.ts';
import { logLines, type RunningServer, startDevelopmentServer } from './running-server.ts';
import {
  canaryDigits,
  openVendorCalls,
  type VendorCall,
  type VendorCalls,
} from './vendor-calls.ts';

/**
 * Calls of all façades with several things wrong at once, drawn at random from the one list of
 * calls (security.md, g): fields, their place, the type of the body, the method, the credentials,
 * the path. Ten go out together, so that doors meet each other's. `fuzz.test.ts` tries `/v1`.
 */
const seed = 20_261_123;
const batches = 200;
const atOnce = 10;
const requestTimeoutMs = 10_000;

let server: RunningServer;
let vendor: VendorCalls;
before(async () => {
  server = await startDevelopmentServer();
  vendor = await openVendorCalls(server);
});
after(() => server.remove());

/** What becomes of a call; numbers choose among what the call has. */
interface Draw {
  readonly call: number;
  readonly isBelowPrefix: boolean;
  readonly path: number;
  readonly method: string | null;
  /** Whose credentials; null for its own. */
  readonly credentialsOf: number | null;
  readonly fields: readonly (readonly [name: number, value: unknown])[];
  readonly extra: readonly (readonly [name: string, value: unknown])[];
  readonly placement: 'as it is' | 'all in the query' | 'all in the body' | 'both';
  readonly type: 'json' | 'form' | 'multipart' | 'text/xml' | '';
  readonly spelling: number | null;
}

const text = fc.oneof(
  fc.constantFrom(...Object.values(hostileTexts)),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.stringMatching(/^[0-9+ -]{1,14}$/),
);
const value = fc.oneof(
  { weight: 3, arbitrary: text },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.constant(undefined) },
);
/** Most calls are right in all but a few things. */
const mostlyNull = <Value>(arbitrary: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 7, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });

const draws: fc.Arbitrary<Draw> = fc.record({
  call: fc.nat(),
  isBelowPrefix: fc.boolean(),
  path: fc.nat(),
  method: mostlyNull(fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE')),
  credentialsOf: mostlyNull(fc.nat()),
  fields: fc.array(fc.tuple(fc.nat(), value), { maxLength: 4 }),
  extra: fc.array(fc.tuple(fc.constantFrom(...hostileNames), value), { maxLength: 1 }),
  placement: fc.constantFrom('as it is', 'as it is', 'all in the query', 'all in the body', 'both'),
  type: fc.constantFrom('json', 'json', 'json', 'json', 'form', 'multipart', 'text/xml', ''),
  spelling: mostlyNull(fc.nat()),
});

function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index % items.length];
  assert.ok(item !== undefined);
  return item;
}

type Pairs = [string, unknown][];

/** The call's fields with those of the draw in their place; what is undefined is left out. */
function fieldsOf(right: Readonly<Record<string, unknown>>, { fields, extra }: Draw): Pairs {
  const names = Object.keys(right);
  const wrong = fields.flatMap(
    ([name, drawn]): Pairs => (names.length === 0 ? [] : [[at(names, name), drawn]]),
  );
  const changed = new Set(wrong.map(([name]) => name));
  const kept = Object.entries(right).filter(([name]) => !changed.has(name));
  return [...kept, ...wrong, ...extra].filter(([, one]) => one !== undefined) as Pairs;
}

function asText(one: unknown): string {
  return (typeof one === 'string' ? one : (JSON.stringify(one) ?? '')).toWellFormed();
}

function textsOf(pairs: Pairs): [string, string][] {
  return pairs.map(([name, one]) => [asText(name), asText(one)]);
}

const boundary = 'edge-of-a-part';

function bodyOf(pairs: Pairs, type: Draw['type']): { type: string; body: string } {
  switch (type) {
    case 'form': {
      const form = new URLSearchParams(textsOf(pairs));
      return { type: 'application/x-www-form-urlencoded', body: form.toString() };
    }
    case 'multipart': {
      const head = `--${boundary}\r\nContent-Disposition: form-data; name=`;
      const parts = pairs.map(([name, one]) => `${head}"${name}"\r\n\r\n${asText(one)}\r\n`);
      const body = `${parts.join('')}--${boundary}--\r\n`;
      return { type: `multipart/form-data; boundary=${boundary}`, body };
    }
    default: {
      // Written by hand, because an object would have each name once and no prototype.
      const members = pairs.map(([name, one]) => `${JSON.stringify(name)}:${JSON.stringify(one)}`);
      return { type: type === 'json' ? 'application/json' : type, body: `{${members.join()}}` };
    }
  }
}

/** Those that leave an address; `hostile-vendor-requests.test.ts` sends the others as bytes. */
const spellings = oddSpellings.filter((spell) => spell('/a').startsWith('/'));

interface Drawn {
  readonly call: VendorCall;
  readonly what: string;
  readonly target: string;
  readonly isMangled: boolean;
  readonly init: RequestInit;
}

function makeRequest(draw: Draw): Drawn {
  const call = at(vendor.calls, draw.call);
  const query = fieldsOf(call.query?.() ?? {}, draw);
  const body = fieldsOf(call.body?.() ?? {}, draw);
  const { placement } = draw;
  const inQuery =
    placement === 'as it is' ? query : placement === 'all in the body' ? [] : [...query, ...body];
  const inBody =
    placement === 'as it is' ? body : placement === 'all in the query' ? [] : [...query, ...body];
  const method = draw.method ?? call.method;
  const mount = draw.isBelowPrefix ? `/compat/${call.facade}` : '';
  const path = `${mount}${at(call.paths(), draw.path)}`;
  const spelled = draw.spelling === null ? path : at(spellings, draw.spelling)(path);
  const search = new URLSearchParams(textsOf(inQuery));
  const sent = method === 'GET' ? null : bodyOf(inBody, draw.type);
  const { headers } = draw.credentialsOf === null ? call : at(vendor.calls, draw.credentialsOf);
  return {
    call,
    what: `${method} ${spelled.slice(0, 200)} ${JSON.stringify(draw).slice(0, 600)}`,
    target: `${server.url}${spelled}?${search}`,
    isMangled: draw.spelling !== null,
    init: {
      method,
      headers: { ...headers, ...(sent === null ? {} : { 'content-type': sent.type }) },
      ...(sent === null ? {} : { body: sent.body }),
      signal: AbortSignal.timeout(requestTimeoutMs),
    },
  };
}

async function tryOut(draw: Draw): Promise<number> {
  const { call, what, target, isMangled, init } = makeRequest(draw);
  const response = await fetch(target, init);
  const headers = Object.fromEntries(response.headers);
  const answer: Answer = { status: response.status, headers, text: await response.text() };
  // More than fits into the head of a request, and a path that is another one, find no façade.
  const mayBeOurs = isMangled || answer.status === 431;
  const isOurs = !/^application\/json\b/.test(headers['content-type'] ?? '');
  if (mayBeOurs && isOurs) judgeAnswer(what, answer);
  else judgeVendorAnswer(call.facade, what, answer);
  for (const secret of [...vendor.secrets, canaryCode, canaryDigits]) {
    assert.ok(!answer.text.includes(secret), `${what}: ${answer.text}`);
  }
  return answer.status;
}

test('no random mixture of wrong things breaks a façade', async (t) => {
  const statuses = new Map<number, number>();
  const batch = fc.array(draws, { minLength: atOnce, maxLength: atOnce });
  const property = fc.asyncProperty(batch, async (all) => {
    for (const status of await Promise.all(all.map(tryOut))) {
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  });
  // What failed stands in the message; making it smaller would ask ten times for each step.
  await fc.assert(property, { seed, numRuns: batches, endOnFailure: true });
  t.diagnostic(`${batches * atOnce} requests, seed ${seed}: ${JSON.stringify([...statuses])}`);
  // Some of it is right enough to get past every door, and some is not.
  for (const status of [200, 400, 401, 404, 405]) assert.ok((statuses.get(status) ?? 0) > 20);
});

test('the server logged no error, and nothing of what was sent', () => {
  const lines = logLines(server);
  for (const line of lines) {
    assert.ok(['info', 'warn'].includes(JSON.parse(line).level), line);
  }
  const text = lines.join('\n');
  for (const never of [...vendor.secrets, ...vendor.tokens, canaryCode, canaryDigits, '970000']) {
    assert.ok(!text.includes(never), `the log holds ${never}`);
  }
});
