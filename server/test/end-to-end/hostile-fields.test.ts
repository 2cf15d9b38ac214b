import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { wrongBodies } from './hostile-bodies.ts';
import {
  canaryCode,
  type HostileCall,
  hostileCalls,
  nextRecipient,
  resettingCalls,
} from './hostile-calls.ts';
import { inTurns, type Place, placesOf, pointerOf, textWith, valueAt } from './hostile-places.ts';
import { type HostileValue, hostileNames, hostileValues, kindOf } from './hostile-values.ts';
import { type Answer, judgeAnswer, problemOf } from './judge-answer.ts';
import {
  logLines,
  type RunningServer,
  readCode,
  type Answer as ServerAnswer,
  startDevelopmentServer,
} from './running-server.ts';

/**
 * Every field of every call, wrong in every way (security.md: G-15, N, I, D-01, I-12): each answer
 * keeps the contract, a field of the wrong kind is named, nothing is kept of what was refused, and
 * afterwards the server serves as before.
 */
const requestTimeoutMs = 10_000;
/** A fresh server takes about 150 MiB; what hostile bodies take on top must be given back. */
const memoryMebibytesMax = 400;

let server: RunningServer;
let calls: readonly HostileCall[];
/** Verifications that were answered with 201: all that may be there afterwards. */
const startedIds = new Set<string>();

before(async () => {
  server = await startDevelopmentServer();
  calls = await hostileCalls(server);
  for (const id of await listedIds()) startedIds.add(id);
});
after(() => server.remove());

async function send(call: HostileCall, body: string | Buffer): Promise<Answer> {
  const response = await fetch(`${server.url}${call.path}`, {
    method: call.method,
    headers: {
      authorization: `Bearer ${server.apiKey}`,
      'content-type': 'application/json',
      ...call.headers,
    },
    body,
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  const text = await response.text();
  if (response.status === 201) startedIds.add(JSON.parse(text).id);
  return { status: response.status, headers: Object.fromEntries(response.headers), text };
}

/** What stands for no character makes a body no JSON, wherever it stands. */
const halfPair = /\\ud[89a-f]/i;

/** Whether no reader could take the value for what belongs there. */
function isOfWrongKind(call: HostileCall, place: Place, value: HostileValue): boolean {
  const right = kindOf(valueAt(call.body(), place));
  if (value.kind === right || value.kind === call.otherKinds?.[pointerOf(place)]) return false;
  // An optional field that is null is not given.
  return value.kind !== 'null' && right !== 'null';
}

function choiceAround({ otherKinds = {} }: HostileCall, place: Place): string | undefined {
  const pointer = pointerOf(place);
  return Object.keys(otherKinds).find((choice) => pointer.startsWith(`${choice}/`));
}

async function tryValue(call: HostileCall, place: Place, value: HostileValue): Promise<void> {
  const pointer = pointerOf(place);
  const what = `${call.name} with ${value.name} at "${pointer}"`;
  const answer = await send(call, textWith(call.body(), place, value.json));
  judgeAnswer(what, answer);
  assert.ok(!answer.text.includes(canaryCode), `${what}: the code is repeated`);
  if (!isOfWrongKind(call, place, value)) return;
  if (halfPair.test(value.json)) {
    assert.equal(problemOf(answer).code, 'not_json', what);
    return;
  }
  assert.equal(answer.status, 422, `${what}: ${answer.text}`);
  // Of a choice between two forms the whole choice is named, not a part of one form.
  const isNamed = problemOf(answer).errors.some((error) =>
    [pointer, choiceAround(call, place)].includes(error.pointer),
  );
  assert.ok(isNamed, `${what}: ${answer.text}`);
}

async function tryName(call: HostileCall, place: Place, name: string): Promise<void> {
  const inner = valueAt(call.body(), place) as object;
  const field = `${JSON.stringify(name)}:"x"`;
  const fields = JSON.stringify(inner).slice(1, -1);
  const json = `{${field}${fields === '' ? '' : ','}${fields}}`;
  const shown = JSON.stringify(name.slice(0, 40));
  const what = `${call.name} with the name ${shown} in "${pointerOf(place)}"`;
  const answer = await send(call, textWith(call.body(), place, json));
  judgeAnswer(what, answer);
  if (isFree(place, name) || !name.isWellFormed()) return;
  assert.equal(answer.status, 422, `${what}: ${answer.text}`);
  assert.ok(problemOf(answer).errors.length > 0, what);
}

/** Maps take any name that is one; only there can a hostile one be harmless. */
function isFree(place: Place, name: string): boolean {
  const maps = ['metadata', 'variables', 'otpTemplates', 'correspondences'];
  return maps.includes(String(place.at(-1))) && /^[A-Za-z]+$/.test(name);
}

async function tryDuplicate(call: HostileCall, name: string): Promise<void> {
  const body = call.body();
  const right = `${JSON.stringify(name)}:${JSON.stringify(body[name])}`;
  const wrong = `${JSON.stringify(name)}:[{}]`;
  for (const [first, last] of [
    [right, wrong],
    [wrong, right],
  ]) {
    const { [name]: _, ...rest } = body;
    const others = JSON.stringify(rest).slice(1, -1);
    const text = `{${first}${others === '' ? '' : `,${others}`},${last}}`;
    const what = `${call.name} with "${name}" twice`;
    const answer = await send(call, text);
    judgeAnswer(what, answer);
    // The last one counts (ECMA-404 leaves it open): a wrong value is never hidden by a right one.
    if (last === wrong) assert.equal(answer.status, 422, `${what}: ${answer.text}`);
  }
}

async function tryBody(call: HostileCall, name: string, body: string | Buffer): Promise<void> {
  const what = `${call.name} with ${name} for a body`;
  const answer = await send(call, body);
  judgeAnswer(what, answer);
  const mayBeLeftOut = ['resendCode', 'cancelVerification', 'resetSandbox'];
  if (name === 'nothing' && mayBeLeftOut.includes(call.operationId ?? '')) return;
  const { code } = problemOf(answer);
  assert.ok(['not_json', 'body_too_large', 'request_invalid'].includes(code), `${what}: ${code}`);
}

async function attack(call: HostileCall): Promise<number> {
  const places = placesOf(call.body());
  const objects = places.filter((place) => kindOf(valueAt(call.body(), place)) === 'object');
  const requests = [
    ...places.flatMap((place) => hostileValues.map((value) => () => tryValue(call, place, value))),
    ...objects.flatMap((place) => hostileNames.map((name) => () => tryName(call, place, name))),
    ...Object.keys(call.body()).map((name) => () => tryDuplicate(call, name)),
    ...Object.entries(wrongBodies).map(
      ([name, body]) =>
        () =>
          tryBody(call, name, body),
    ),
  ];
  await inTurns(requests, (request) => request());
  return requests.length;
}

interface Operation {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Record<string, { schema: Record<string, unknown> }> };
}

/** The names of all fields that the description of a call has, at any depth. */
function fieldsOf(schema: Readonly<Record<string, unknown>>, place = ''): string[] {
  const {
    properties = {},
    items,
    anyOf = [],
  } = schema as {
    properties?: Record<string, Record<string, unknown>>;
    items?: Record<string, unknown>;
    anyOf?: Record<string, unknown>[];
  };
  return [
    ...Object.entries(properties).flatMap(([name, field]) => [
      `${place}/${name}`,
      ...fieldsOf(field, `${place}/${name}`),
    ]),
    ...(items === undefined ? [] : fieldsOf(items, `${place}/*`)),
    ...anyOf.flatMap((one) => fieldsOf(one, place)),
  ];
}

async function listedIds(): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: ServerAnswer = await server.call(
      'GET',
      `/v1/verifications?limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`,
    );
    assert.equal(page.status, 200);
    for (const { id, status } of page.body.items) if (status !== 'blocked') ids.push(id);
    cursor = page.body.nextCursor;
  }
  return ids;
}

async function readSettings(): Promise<Record<string, unknown>> {
  const { body } = await server.call('GET', '/v1/application');
  const { id: _, name: _name, createdAt: _createdAt, callbackSecret: _secret, ...settings } = body;
  return settings;
}

test('every field of every call is refused as the contract says', async (t) => {
  const settings = await readSettings();
  let count = 0;
  for (const call of calls) {
    await t.test(`no value, name or body breaks ${call.name}`, async () => {
      count += await attack(call);
    });
    // What was rightly accepted must not make the next calls fail for another reason.
    const restored = await server.call('PATCH', '/v1/application', settings);
    assert.equal(restored.status, 200, restored.text);
  }
  t.diagnostic(`${count} hostile requests`);
  assert.ok(count > 8_000, 'the tables were not tried out');
});

test('every field that the description names was among them', async () => {
  const { body: document } = await server.call('GET', '/v1/openapi.json');
  const tried = new Map<string, Set<string>>();
  for (const { operationId, body } of [...calls, ...resettingCalls(server)]) {
    const places = placesOf(body()).map((place) =>
      place.map((name) => (typeof name === 'number' ? '/*' : `/${name}`)).join(''),
    );
    const key = operationId ?? '';
    tried.set(key, new Set([...(tried.get(key) ?? []), ...places]));
  }
  const operations = Object.values(document.paths as Record<string, Record<string, Operation>>);
  for (const { operationId, requestBody } of operations.flatMap((path) => Object.values(path))) {
    const schema = requestBody?.content['application/json']?.schema;
    if (schema === undefined) continue;
    const missing = fieldsOf(schema).filter((field) => !tried.get(operationId)?.has(field));
    assert.deepEqual(missing, [], operationId);
  }
});

test('nothing is kept of a start that was refused, and no message was sent for one', async () => {
  assert.deepEqual(new Set(await listedIds()), startedIds);
  const { body } = await server.call('GET', '/v1/sandbox/messages?limit=200');
  assert.ok(body.items.length > 0);
  for (const { verificationId } of body.items) assert.ok(startedIds.has(verificationId));
});

test('a change with one wrong setting changes none', async () => {
  const before = await readSettings();
  const wrong = [
    { code: { length: 11 } },
    { code: { length: 4 } },
    { limits: { recipientSendsHourMax: 0 } },
    { countries: ['US', 'us'] },
    { dailyBudget: { amount: '1', currency: 'usd' } },
    { providers: { sms: ['nobody'] } },
    { template: 'nothing-of-this-name' },
    { callbackUrl: 'http://127.0.0.1/' },
    { sender: 'line\nbreak' },
    { channel: 'zalo', channels: ['sms'] },
    { lifetimeSeconds: 600, lifetimeSecondsMax: 300 },
  ];
  for (const settings of wrong) {
    const change = { checksMax: 3, ...settings, proofIncludesRecipient: true };
    const { status, text } = await server.call('PATCH', '/v1/application', change);
    assert.equal(status, 422, `${JSON.stringify(settings)}: ${text}`);
    assert.deepEqual(await readSettings(), before);
  }
});

test('afterwards the server serves as before', async () => {
  for (const call of resettingCalls(server)) await attack(call);
  const recipient = nextRecipient();
  const { body: started } = await server.call('POST', '/v1/verifications', { recipient });
  const code = await readCode(server, recipient);
  const path = `/v1/verifications/${started.id}/check`;
  assert.equal((await server.call('POST', path, { code })).body.approved, true);
});

test('its memory stayed bounded', (t) => {
  const statusFile = `/proc/${server.processId}/status`;
  // Only Linux shows the peak of another process; there the promise is kept for all.
  const status = existsSync(statusFile) ? readFileSync(statusFile, 'utf8') : 'VmHWM: 0 kB';
  const peakMebibytes = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  t.diagnostic(`at most ${Math.round(peakMebibytes)} MiB`);
  assert.ok(peakMebibytes <= memoryMebibytesMax);
});

test('its log is one JSON object on each line, without a code and without what was forged', () => {
  const lines = logLines(server);
  assert.ok(lines.length > 8_000);
  for (const line of lines) {
    const entry = JSON.parse(line) as Record<string, unknown>;
    assert.equal(typeof entry['msg'], 'string', line);
    assert.notEqual(entry['level'], 'fatal', line);
    assert.notEqual(entry['level'], 'error', line);
  }
  const log = lines.join('\n');
  for (const never of [canaryCode, 'forged', '\u001b', '+14152000', 'x@evil']) {
    assert.ok(!log.includes(never), `the log holds ${JSON.stringify(never)}`);
  }
});
