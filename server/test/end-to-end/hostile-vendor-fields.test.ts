import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { facades } from '#compat/index.ts';
import type { FacadeName } from '#compat/names.ts';
import { openService } from '#service/service.fixture.ts';
import { wrongBodies } from './hostile-bodies.ts';
import { canaryCode } from './hostile-calls.ts';
import { inTurns, type Place, placesOf, pointerOf, textWith, valueAt } from './hostile-places.ts';
import { hostileNames, hostileTexts, hostileValues, kindOf } from './hostile-values.ts';
import type { Answer } from './judge-answer.ts';
import { judgeVendorAnswer } from './judge-vendor-answer.ts';
import {
  logLines,
  type RunningServer,
  readCode,
  startDevelopmentServer,
  waitFor,
} from './running-server.ts';
import {
  canaryDigits,
  nextMobile,
  openVendorCalls,
  type VendorCall,
  type VendorCalls,
} from './vendor-calls.ts';
import { openDoors, vendorNames } from './vendor-doors.ts';

/**
 * Every field of every call of every façade, wrong in every way, in the query, as JSON, as a form
 * and in parts (security.md: G-15, N, I, D-01, I-12): each answer has the vendor's own shape, none
 * is an error of the server's, and afterwards each door serves as before.
 */
const requestTimeoutMs = 10_000;
/** As for our own API (`hostile-fields.test.ts`). */
const memoryMebibytesMax = 400;

let server: RunningServer;
let vendor: VendorCalls;
before(async () => {
  server = await startDevelopmentServer();
  vendor = await openVendorCalls(server);
});
after(() => server.remove());

interface Sent {
  readonly query?: string;
  readonly body?: string | Buffer;
  readonly type?: string;
}

let requests = 0;

/** Each request goes to the next of the call's paths, at the root and below `/compat/` in turn. */
async function send(call: VendorCall, { query = '', body, type }: Sent): Promise<Answer> {
  requests += 1;
  const mounts = ['', `/compat/${call.facade}`].flatMap((mount) =>
    call.paths().map((path) => `${mount}${path}`),
  );
  const target = mounts[requests % mounts.length];
  const response = await fetch(`${server.url}${target}${query === '' ? '' : `?${query}`}`, {
    method: call.method,
    headers: {
      ...call.headers,
      ...(body === undefined ? {} : { 'content-type': type ?? 'application/json' }),
    },
    ...(body === undefined ? {} : { body }),
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  const headers = Object.fromEntries(response.headers);
  return { status: response.status, headers, text: await response.text() };
}

async function tryOut(call: VendorCall, what: string, sent: Sent): Promise<void> {
  const shown = `${call.method} ${call.paths()[0]} with ${what}`;
  const answer = await send(call, sent);
  judgeVendorAnswer(call.facade, shown, answer);
  for (const secret of [...vendor.secrets, canaryCode, canaryDigits]) {
    assert.ok(!answer.text.includes(secret), `${shown}: ${answer.text}`);
  }
}

/** The right query, if any, with one part of it replaced. */
function queryWith(call: VendorCall, name: string, part: string): string {
  const { [name]: _, ...others } = call.query?.() ?? {};
  return [new URLSearchParams(others).toString(), part].filter((text) => text !== '').join('&');
}

type Attempt = () => Promise<void>;

const oddPairs: readonly ((name: string) => string)[] = [
  (name) => `${name}`,
  (name) => `${name}=%`,
  (name) => `${name}=%zz`,
  (name) => `${name}=%ff%fe`,
  (name) => `${name}=%00`,
  (name) => `${name}=%ed%a0%80`,
  (name) => `${name}=1&${name}=2`,
  (name) => `${name}[]=1`,
  (name) => `${name}[a]=1`,
  (name) => `${name}%00=1`,
  (name) => `__proto__[${name}]=1`,
  (name) => `${name.toUpperCase()}=1`,
  (name) => `${name}=${'9'.repeat(9_000)}`,
  (name) => Array.from({ length: 600 }, () => `${name}=1`).join('&'),
  () => '',
];

function inQuery(call: VendorCall): Attempt[] {
  return Object.keys(call.query?.() ?? {}).flatMap((name) => [
    ...oddPairs.map((pair) => () => {
      const query = queryWith(call, name, pair(name));
      return tryOut(call, `the query ${pair(name).slice(0, 40)}`, { query });
    }),
    ...Object.entries(hostileTexts).map(([what, text]) => () => {
      const query = queryWith(call, name, `${name}=${encodeURIComponent(text.toWellFormed())}`);
      return tryOut(call, `${what} as ${name}`, { query });
    }),
  ]);
}

function inJson(call: VendorCall, bodyOf: () => Readonly<Record<string, unknown>>): Attempt[] {
  const places = placesOf(bodyOf());
  const objects = places.filter((place) => kindOf(valueAt(bodyOf(), place)) === 'object');
  const send = (what: string, body: string) => tryOut(call, what, { body });
  const named = (place: Place, name: string) => () => {
    const fields = JSON.stringify(valueAt(bodyOf(), place)).slice(1, -1);
    const json = `{${JSON.stringify(name)}:"x",${fields}}`;
    return send(`a name ${name.slice(0, 20)}`, textWith(bodyOf(), place, json));
  };
  return [
    ...places.flatMap((place) =>
      hostileValues.map(
        ({ name, json }) =>
          () =>
            send(`${name} at ${pointerOf(place)}`, textWith(bodyOf(), place, json)),
      ),
    ),
    ...objects.flatMap((place) => hostileNames.map((name) => named(place, name))),
    ...Object.keys(bodyOf()).flatMap((name) => [
      () => {
        const { [name]: _, ...others } = bodyOf();
        return send(`no ${name}`, JSON.stringify(others));
      },
      () => {
        const body = JSON.stringify(bodyOf());
        return send(`${name} twice`, `${body.slice(0, -1)},${JSON.stringify(name)}:[{}]}`);
      },
    ]),
  ];
}

const boundary = 'edge-of-a-part';
const partType = `multipart/form-data; boundary=${boundary}`;

function partsOf(pairs: readonly (readonly [string, string])[]): string {
  const parts = pairs.map(
    ([name, value]) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return `${parts.join('')}--${boundary}--\r\n`;
}

/** As a form and in parts; what is no text there is its JSON. */
function inForms(call: VendorCall, bodyOf: () => Readonly<Record<string, unknown>>): Attempt[] {
  const pairsWith = (name: string, text: string) => {
    const others = Object.entries(bodyOf()).filter(([other]) => other !== name);
    const pairs = others.map(([other, value]): [string, string] => [
      other,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
    return [...pairs, [name, text.toWellFormed()] satisfies [string, string]];
  };
  return Object.keys(bodyOf()).flatMap((name) =>
    Object.entries(hostileTexts).flatMap(([what, text]) => {
      const pairs = () => pairsWith(name, text);
      const shown = `${what} as ${name}`;
      return [
        ...(call.reads.includes('form')
          ? [
              () => {
                const body = new URLSearchParams(pairs()).toString();
                const type = 'application/x-www-form-urlencoded';
                return tryOut(call, `${shown} in a form`, { body, type });
              },
            ]
          : []),
        ...(call.reads.includes('multipart')
          ? [
              () => {
                const body = partsOf(pairs());
                return tryOut(call, `${shown} in a part`, { body, type: partType });
              },
            ]
          : []),
      ];
    }),
  );
}

const types = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  multipart: partType,
} as const;

const wrongParts: Readonly<Record<string, string>> = {
  'no end': partsOf([['mobile', '1']]).slice(0, -8),
  'a part without a name': `--${boundary}\r\n\r\n1\r\n--${boundary}--`,
  'a file': `--${boundary}\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n1\r\n`,
  'a long header': `--${boundary}\r\nX: ${'a'.repeat(9_000)}\r\n\r\n1\r\n--${boundary}--`,
  'two thousand boundaries': `--${boundary}`.repeat(400),
  'names of the prototype': partsOf(hostileNames.slice(0, 8).map((name) => [name, 'x'])),
};

/** What is no body of its type, in every type that the façade reads and in one that none reads. */
function wrongAsAWhole(call: VendorCall): Attempt[] {
  const bodies = Object.entries({ ...wrongBodies, ...wrongParts });
  return [...call.reads.map((kind) => types[kind]), 'text/xml'].flatMap((type) =>
    bodies.map(
      ([name, body]) =>
        () =>
          tryOut(call, `${name} for a body of ${type}`, { body, type }),
    ),
  );
}

async function attack(call: VendorCall): Promise<number> {
  const { body } = call;
  const all = [
    ...inQuery(call),
    ...(body === undefined ? [] : [...inJson(call, body), ...inForms(call, body)]),
    ...(call.method === 'GET' ? [] : wrongAsAWhole(call)),
  ];
  const attempts = all.filter((_, index) => !call.isLikeAnother || index % shareOfLike === 0);
  // Guesses end a verification: a new one makes sure that some meet one that lives.
  for (let from = 0; from < attempts.length; from += renewEvery) {
    await vendor.renew(call.facade);
    await inTurns(attempts.slice(from, from + renewEvery), (attempt) => attempt());
  }
  return attempts.length;
}

const renewEvery = 100;
/** One in so many; a prime number, so that it falls on other values at each field. */
const shareOfLike = 7;

/** Every method at every path that a façade registers, at both of its mounts. */
async function registeredRoutes(): Promise<Set<string>> {
  const opened = await openService();
  const routes = facades.flatMap((facade) =>
    facade
      .routes({ service: opened.service })
      .flatMap(({ methods, paths }) =>
        methods.flatMap((method) =>
          paths.flatMap((path) => [`${method} ${path}`, `${method} /compat/${facade.name}${path}`]),
        ),
      ),
  );
  await opened.end();
  return new Set(routes);
}

test('every route that a façade registers is among the calls, and each is right', async () => {
  const before = logLines(server).length;
  let last = '';
  for (const call of vendor.calls) {
    const pathCount = call.paths().length * 2;
    for (let turn = 0; turn < pathCount; turn++) {
      await vendor.renew(call.facade);
      const { query, body } = call;
      const answer = await send(call, {
        ...(query === undefined ? {} : { query: new URLSearchParams(query()).toString() }),
        ...(body === undefined ? {} : { body: JSON.stringify(body()) }),
      });
      judgeVendorAnswer(call.facade, `${call.method} ${call.paths()[0]}`, answer);
      const isRefused = [401, 403, 404, 405, 415].includes(answer.status);
      last = answer.headers['request-id'] ?? '';
      const mayRefuse = call.isUnknown || call.paths()[0] === '/v2/otp';
      assert.equal(isRefused, mayRefuse ?? false, `${call.paths()[0]}: ${answer.text}`);
    }
  }
  await waitFor(async () => (server.output().includes(last) ? true : null));
  const asked = new Set<string>();
  for (const line of logLines(server).slice(before)) {
    const { method, route } = JSON.parse(line) as { method?: string; route?: string };
    if (method !== undefined) asked.add(`${method} ${route}`);
  }
  const missing = [...(await registeredRoutes())].filter((route) => !asked.has(route));
  assert.deepEqual(missing, []);
});

for (const facade of vendorNames) {
  test(`no value, name or body breaks a call of ${facade}`, async (t) => {
    let count = 0;
    for (const call of vendor.calls.filter((one) => one.facade === facade)) {
      count += await attack(call);
    }
    t.diagnostic(`${count} hostile requests`);
    assert.ok(count > 300, 'the tables were not tried out');
  });
}

test('afterwards every door serves as before', async () => {
  const doors = await openDoors({ servers: [server], pick: () => server.url });
  for (const name of vendorNames as FacadeName[]) {
    const door = doors.get(name);
    const recipient = nextMobile();
    assert.equal(await door?.start(recipient), true, name);
    const code = await readCode(server, recipient);
    const query = new URLSearchParams({ recipient, limit: '1' });
    const { body } = await server.call('GET', `/v1/verifications?${query}`);
    assert.equal(await door?.check({ id: body.items[0].id, recipient }, code), true, name);
  }
});

test('its memory stayed bounded', (t) => {
  const statusFile = `/proc/${server.processId}/status`;
  // Only Linux shows the peak of another process; there the promise is kept for all.
  const status = existsSync(statusFile) ? readFileSync(statusFile, 'utf8') : 'VmHWM: 0 kB';
  const peakMebibytes = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  t.diagnostic(`at most ${Math.round(peakMebibytes)} MiB`);
  assert.ok(peakMebibytes <= memoryMebibytesMax);
});

test('its log is one JSON object on each line, without an error and without a secret', () => {
  const lines = logLines(server);
  assert.ok(lines.length > requests);
  for (const line of lines) {
    const entry = JSON.parse(line) as Record<string, unknown>;
    assert.ok(['info', 'warn'].includes(String(entry['level'])), line);
  }
  const text = lines.join('\n');
  const secrets = [...vendor.secrets, ...vendor.tokens, canaryCode, canaryDigits];
  for (const never of [...secrets, '970000', 'forged', '\x1b', '\u001b']) {
    assert.ok(!text.includes(never), `the log holds ${never}`);
  }
});
