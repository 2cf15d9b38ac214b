import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { FacadeName } from '#compat/names.ts';
import { oddCharsets, oddTypes } from './hostile-bodies.ts';
import { wrongKeys } from './hostile-credentials.ts';
import { ambiguousBodies } from './hostile-framings.ts';
import { oddSpellings, otherIds } from './hostile-targets.ts';
import { type Answer, judgeAnswer } from './judge-answer.ts';
import { judgeVendorAnswer } from './judge-vendor-answer.ts';
import { type RawRequest, rawRequest, speak } from './raw-http.ts';
import {
  callServer,
  logLines,
  type RunningServer,
  readCode,
  startDevelopmentServer,
} from './running-server.ts';
import { nextMobile, openVendorCalls, type VendorCall, type VendorCalls } from './vendor-calls.ts';
import { openDoors, vendorNames } from './vendor-doors.ts';

/**
 * Paths, methods, types, credentials and framing on every call of every façade, all of them wrong
 * (security.md: B-03, D-01, D-04, D-06, I-05, I-11, N). Sent as bytes, because clients would mend
 * half of them. What is no request of HTTP has no path, so no door: that alone is answered by us.
 */
let server: RunningServer;
let vendor: VendorCalls;
before(async () => {
  server = await startDevelopmentServer();
  vendor = await openVendorCalls(server);
});
after(() => server.remove());

type Headers = NonNullable<RawRequest['headers']>;

interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Headers;
  readonly body?: string | Buffer;
}

/** The answer, and which door it came from: what only looks like a façade's path may be ours. */
async function ask(facade: FacadeName, asked: Asked, mayBeOurs = false): Promise<Answer> {
  const { method = 'GET', path, headers = [], body } = asked;
  const what = `${method} ${path.slice(0, 160)}`;
  const request = { method, target: path, headers, ...(body === undefined ? {} : { body }) };
  const { answers, isClosed } = await speak(server.url, rawRequest(request));
  const [answer] = answers;
  assert.ok(isClosed && answer !== undefined, `${facade}: ${what}: no answer`);
  // An answer to HEAD is one without its body.
  if (method === 'HEAD') assert.ok(answer.status < 500, what);
  else if (mayBeOurs && isOurs(answer)) judgeAnswer(what, answer);
  else judgeVendorAnswer(facade, what, answer);
  for (const secret of vendor.secrets) assert.ok(!answer.text.includes(secret), what);
  return answer;
}

function isOurs({ headers }: Answer): boolean {
  return !/^application\/json\b/.test(headers['content-type'] ?? '');
}

function headersOf(call: VendorCall): Headers {
  return Object.entries(call.headers);
}

/** The right query of a call, and its right body. */
function rightParts({ query, body }: VendorCall): { query: string; body: string | undefined } {
  return {
    query: query === undefined ? '' : `?${new URLSearchParams(query())}`,
    body: body === undefined ? undefined : JSON.stringify(body()),
  };
}

/** Each path once, with a call that belongs there. */
function callsByPath(facade: FacadeName): Map<string, VendorCall> {
  const found = new Map<string, VendorCall>();
  for (const call of vendor.calls.filter((one) => one.facade === facade)) {
    for (const path of call.paths()) if (!found.has(path)) found.set(path, call);
  }
  return found;
}

const rareMethods = ['QUERY', 'PROPFIND', 'PURGE', 'LOCK', 'M-SEARCH'];

const mountsOf = (facade: FacadeName) => ['', `/compat/${facade}`];

for (const facade of vendorNames) {
  test(`every path of ${facade} in every odd spelling gets an answer of its vendor`, async () => {
    for (const [path, call] of callsByPath(facade)) {
      if (path.endsWith('/')) continue;
      const { query, body } = rightParts(call);
      for (const mount of mountsOf(facade)) {
        for (const spell of oddSpellings) {
          const target = spell(`${mount}${path}`);
          // Below its own prefix everything is the façade's, known or not.
          const mayBeOurs = !target.startsWith(`/compat/${facade}/`);
          const { headers } = await ask(
            facade,
            {
              method: call.method,
              path: `${target}${query}`,
              headers: [...headersOf(call), ['Content-Type', 'application/json']],
              ...(body === undefined ? {} : { body }),
            },
            mayBeOurs,
          );
          assert.equal(headers['x-injected'], undefined);
        }
      }
    }
  });

  test(`every method on every path of ${facade} gets an answer of its vendor`, async () => {
    const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];
    for (const [path, call] of callsByPath(facade)) {
      for (const mount of mountsOf(facade)) {
        for (const method of [...methods, ...rareMethods]) {
          const asked = { method, path: `${mount}${path}`, headers: headersOf(call) };
          // The router has no such methods at all, so at the root no door.
          const { status, headers } = await ask(facade, asked, rareMethods.includes(method));
          if (method === 'OPTIONS')
            assert.deepEqual([status, headers['allow'] !== undefined], [204, true]);
          if (method === 'TRACE' || rareMethods.includes(method)) {
            assert.ok([404, 405].includes(status), `${method} ${path}`);
          }
        }
      }
    }
  });

  test(`no odd type, charset or encoding of a body breaks a call of ${facade}`, async () => {
    for (const call of vendor.calls.filter((one) => one.facade === facade)) {
      if (call.body === undefined) continue;
      const [path = ''] = call.paths();
      const types = [
        ...oddTypes,
        ...oddCharsets.map((charset) => `application/json; charset=${charset}`),
        ...oddCharsets.map((boundary) => `multipart/form-data; boundary=${boundary}`),
      ];
      for (const type of types) {
        const headers: Headers = [...headersOf(call), ['Content-Type', type]];
        const { body } = rightParts(call);
        await ask(facade, { method: 'POST', path, headers, body: body ?? '' });
        const utf16 = Buffer.from(body ?? '', 'utf16le');
        await ask(facade, { method: 'POST', path, headers, body: utf16 });
      }
      const packed = gzipSync(Buffer.alloc(20_000_000), { level: 9 });
      for (const encoding of ['gzip', 'x-gzip', 'deflate', 'br', 'identity, gzip', '', 'none']) {
        const headers: Headers = [
          ...headersOf(call),
          ['Content-Type', 'application/json'],
          ['Content-Encoding', encoding],
        ];
        const answer = await ask(facade, { method: 'POST', path, headers, body: packed });
        assert.equal(answer.status, 415, encoding);
      }
    }
  });

  test(`no odd credential opens a call of ${facade}`, async () => {
    for (const call of vendor.calls.filter((one) => one.facade === facade && !one.isUnknown)) {
      const [name] = Object.keys(call.headers);
      const right = call.headers[name ?? ''] ?? '';
      const [path = ''] = call.paths();
      if (name === undefined) continue;
      const { query, body } = rightParts(call);
      for (const key of [...wrongKeys, `${right}AAAA`, right.slice(0, -5), `${right}, ${right}`]) {
        const headers: Headers = [[name, key]];
        const type: Headers = [['Content-Type', 'application/json']];
        const asked = {
          method: call.method,
          path: `${path}${query}`,
          headers: [...headers, ...type],
        };
        const answer = await ask(facade, { ...asked, ...(body === undefined ? {} : { body }) });
        assert.equal(answer.status, 401, `${name}: ${key.slice(0, 80)}: ${answer.text}`);
      }
    }
  });
}

test('a key in the query of Fast2SMS that is none, or one of several, opens nothing', async () => {
  const [call] = vendor.calls.filter(({ facade, query }) => facade === 'fast2sms' && query);
  const { authorization = '' } = call?.query?.() ?? {};
  const odd = [
    'authorization',
    'authorization=',
    `authorization=${authorization}x`,
    `authorization[]=${authorization}`,
    `authorization[0]=${authorization}`,
    `Authorization=${authorization}`,
    `authorization=x&authorization=${authorization}`,
    `authorization%00=${authorization}`,
    `authorization=${authorization}%00`,
    `key=${authorization}`,
  ];
  for (const query of odd) {
    const { status } = await ask('fast2sms', { path: `/dev/wallet?${query}` });
    assert.equal(status, 401, query.slice(0, 20));
  }
});

test('an id that is none of ours is as unknown as one that was never given', async () => {
  const headers = headersOf(callsByPath('smscx').get('/otp') ?? never());
  for (const id of otherIds) {
    for (const mount of mountsOf('smscx')) {
      for (const [method, path] of [
        ['GET', '/otp'],
        ['POST', '/otp'],
        ['DELETE', '/otp'],
        ['GET', '/applications'],
      ] as const) {
        const body = method === 'POST' ? { body: '{"pin":"123456"}' } : {};
        const type: Headers = [['Content-Type', 'application/json']];
        const target = `${mount}${path}/${id}`;
        const asked = { method, path: target, headers: [...headers, ...type], ...body };
        const { status, text } = await ask('smscx', asked);
        assert.equal(status, 404, `${method} ${target}: ${text}`);
      }
    }
  }
});

function never(): never {
  throw new Error('The list of calls has no such path.');
}

const watchword = fileURLToPath(new URL('../../bin/watchword.mjs', import.meta.url));

/** An application beside the development one, made as an operator makes it. */
async function makeOtherApplication(): Promise<string> {
  const port = new URL(server.url).port;
  const env = { PATH: process.env['PATH'], WATCHWORD_DATA: server.folder, WATCHWORD_PORT: port };
  const run = promisify(execFile);
  const command = async (...words: readonly string[]) => {
    const { stdout } = await run(process.execPath, [watchword, ...words, '--json'], { env });
    return JSON.parse(stdout) as { id: string; apiKey: string };
  };
  const { id } = await command('application', 'create', 'Other');
  return (await command('api-key', 'create', id)).apiKey;
}

test('a verification of another application is unknown at every door', async () => {
  const other = { url: server.url, apiKey: await makeOtherApplication() };
  await callServer(other, 'PATCH', '/v1/application', { countries: ['IN'] });
  const doors = await openDoors({ servers: [server], pick: () => server.url });
  for (const name of vendorNames) {
    const door = doors.get(name);
    const recipient = nextMobile();
    const begun = { recipient, purpose: name, customCode: '48291357' };
    const { body, text } = await callServer(other, 'POST', '/v1/verifications', begun);
    assert.equal(body.status, 'pending', text);
    const live = { id: body.id, recipient };
    assert.equal(await door?.check(live, '48291357'), false, name);
    assert.equal((await door?.resend?.(live)) ?? false, false, name);
    assert.equal((await door?.cancel?.(live)) ?? false, false, name);
    const own = await callServer(other, 'POST', `/v1/verifications/${body.id}/check`, {
      code: '48291357',
    });
    assert.equal(own.body.approved, true, own.text);
  }
});

test('a request of two meanings starts nothing behind it, whatever door it names', async () => {
  const hidden = JSON.stringify({ recipient: '+14155550199', reference: 'smuggled' });
  const inner = [
    'POST /v1/verifications HTTP/1.1',
    'Host: 127.0.0.1',
    `Authorization: Bearer ${server.apiKey}`,
    'Content-Type: application/json',
    `Content-Length: ${hidden.length}`,
    '',
    hidden,
  ].join('\r\n');
  for (const facade of vendorNames) {
    const call = vendor.calls.find((one) => one.facade === facade && one.body !== undefined);
    assert.ok(call);
    for (const [name, { lines, body }] of Object.entries(ambiguousBodies)) {
      const head = [
        `POST ${call.paths()[0]} HTTP/1.1`,
        'Host: 127.0.0.1',
        'Content-Type: application/json',
        ...headersOf(call).map(([header, value]) => `${header}: ${value}`),
        ...lines,
      ];
      const bytes = `${head.join('\r\n')}\r\n\r\n${body}${inner}`;
      const { answers, isClosed } = await speak(server.url, bytes);
      assert.ok(isClosed, `${facade}: ${name}: the connection stays open`);
      assert.equal(answers.length, 1, `${facade}: ${name}`);
      assert.ok(
        answers.every(({ status }) => status >= 400 && status < 500),
        name,
      );
    }
  }
  const { body } = await server.call('GET', '/v1/verifications?reference=smuggled');
  assert.deepEqual(body.items, []);
});

test('a code of a million digits is turned away in the words of every door', async () => {
  const digits = '7'.repeat(10 ** 6);
  for (const call of vendor.calls) {
    const [path = ''] = call.paths();
    const name = Object.keys(call.body?.() ?? {}).find((one) => /^(code|pin|otp|key)$/.test(one));
    if (name === undefined) continue;
    const body = JSON.stringify({ ...call.body?.(), [name]: digits });
    const headers: Headers = [...headersOf(call), ['Content-Type', 'application/json']];
    const { status } = await ask(call.facade, { method: 'POST', path, headers, body });
    assert.equal(status, 413, path);
    const long = `${path}?${name}=${digits}`;
    const { answers } = await speak(server.url, rawRequest({ target: long, headers }));
    assert.equal(answers[0]?.status, 431, path);
  }
});

test('afterwards every door serves as before, and the log holds no secret', async () => {
  const doors = await openDoors({ servers: [server], pick: () => server.url });
  for (const name of vendorNames) {
    const recipient = nextMobile();
    assert.equal(await doors.get(name)?.start(recipient), true, name);
    await readCode(server, recipient);
  }
  const lines = logLines(server);
  assert.ok(lines.length > 2_000);
  for (const line of lines) {
    const entry = JSON.parse(line) as Record<string, unknown>;
    assert.ok(['info', 'warn'].includes(String(entry['level'])), line);
  }
  const text = lines.join('\n');
  for (const never of [...vendor.secrets, ...vendor.tokens, 'x-injected', '\x1b', '970000']) {
    assert.ok(!text.includes(never), `the log holds ${never}`);
  }
});
