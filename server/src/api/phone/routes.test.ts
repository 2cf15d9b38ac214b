/** The virtual phone's own calls, on the real server. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import {
  type RunningServer,
  readCode,
  startDevelopmentServer,
  waitFor,
} from '../../../test/end-to-end/running-server.ts';

let server: RunningServer;
before(async () => {
  server = await startDevelopmentServer();
});
after(() => server.remove());
beforeEach(() => server.call('POST', '/v1/sandbox/reset'));

interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** As any program may ask, with any header; `fetch` keeps some of them to itself. */
function ask(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const call = request(`${server.url}${path}`, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    call.on('error', reject);
    call.end(body);
  });
}

/** As the page itself asks. */
async function act(path: string, body: unknown) {
  const headers = { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' };
  const { status, text } = await ask('POST', path, headers, JSON.stringify(body));
  return { status, body: text === '' ? null : JSON.parse(text) };
}

async function read(path: string) {
  const { status, text } = await ask('GET', path);
  return { status, body: JSON.parse(text) };
}

async function messages() {
  const { body } = await server.call('GET', '/v1/sandbox/messages');
  return body.items as { id: string; text: string }[];
}

const paths = ['/', '/phone/session', '/phone/messages', '/phone/page/phone.js'];

for (const path of paths) {
  test(`${path} is kept in no cache, framed by nobody, and runs only its own scripts`, async () => {
    const { status, headers } = await ask('GET', path);
    assert.equal(status, 200);
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
    assert.equal(headers['access-control-allow-origin'], undefined);
    const policy = String(headers['content-security-policy']).split('; ');
    for (const rule of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"]) {
      assert.ok(policy.includes(rule), rule);
    }
    assert.doesNotMatch(policy.join(), /unsafe/);
  });

  test(`${path} is not answered under another site's name`, async () => {
    const { status, text } = await ask('GET', path, { Host: 'evil.example:8080' });
    assert.equal(status, 403);
    assert.match(JSON.parse(text).detail, /WATCHWORD_PUBLIC_URL/);
  });
}

test('the page names only files that are there, and has no script or style inside', async () => {
  const { text } = await ask('GET', '/');
  const files = [...text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, file]) => file ?? '');
  assert.ok(files.length >= 5);
  for (const file of files) assert.equal((await ask('GET', file)).status, 200, file);
  assert.doesNotMatch(text, /<style|<script(?![^>]* src=)| style=| on[a-z]+=/);
});

test('only listed files of the page are served', async () => {
  for (const name of ['jsconfig.json', '../routes.ts', '..%2froutes.ts', 'icons/', '']) {
    assert.equal((await ask('GET', `/phone/page/${name}`)).status, 404, name);
  }
});

const json = { 'Content-Type': 'application/json' };
const strangers: readonly [string, Record<string, string>, number][] = [
  ['another site', { ...json, 'Sec-Fetch-Site': 'cross-site' }, 403],
  ['another site by its Origin', { ...json, Origin: 'https://evil.example' }, 403],
  ['a program without a word of itself', json, 403],
  [
    'a form of our own page',
    { 'Content-Type': 'text/plain', 'Sec-Fetch-Site': 'same-origin' },
    415,
  ],
  ['a request without a type', { 'Sec-Fetch-Site': 'same-origin' }, 415],
];
const actions: readonly [string, object][] = [
  ['/phone/verifications', { recipient: '+14155550123' }],
  ['/phone/reset', {}],
  ['/phone/clock', { advanceSeconds: 3600 }],
];

for (const [who, headers, expected] of strangers) {
  test(`${who} changes nothing`, async () => {
    await act('/phone/verifications', { recipient: '+447400123456' });
    await waitFor(async () => ((await messages()).length === 1 ? true : null));
    const { body: earlier } = await read('/phone/session');
    for (const [path, body] of actions) {
      const { status } = await ask('POST', path, headers, JSON.stringify(body));
      assert.equal(status, expected, path);
    }
    assert.equal((await messages()).length, 1);
    const { body: later } = await read('/phone/session');
    assert.ok(later.aheadSeconds - earlier.aheadSeconds < 60);
  });
}

test('a page of another site reads no data', async () => {
  for (const path of ['/phone/session', '/phone/messages', '/phone/events']) {
    const { status } = await ask('GET', path, { 'Sec-Fetch-Site': 'cross-site' });
    assert.equal(status, 403, path);
  }
});

test('a verification is started, shown with its message, and checked', async () => {
  const started = await act('/phone/verifications', { recipient: '+1 415 555 0123' });
  assert.equal(started.status, 201);
  const code = await readCode(server, '+14155550123');
  const { body } = await read('/phone/messages?recipient=%2B1%20415%20555%200123&limit=200');
  assert.equal(body.recipient, '+14155550123');
  assert.equal(body.items[0].verificationId, started.body.id);
  assert.equal(body.items[0].parts, 1);
  assert.equal(body.verifications[0].status, 'pending');
  assert.equal(body.verifications[0].checksLeft, 5);
  const check = `/phone/verifications/${started.body.id}/check`;
  const wrong = await act(check, { code: code === '000000' ? '111111' : '000000' });
  assert.deepEqual(
    [wrong.status, wrong.body.approved, wrong.body.reason, wrong.body.checksLeft],
    [200, false, 'wrong_code', 4],
  );
  const right = await act(check, { code });
  assert.deepEqual([right.status, right.body.approved, right.body.reason], [200, true, null]);
  assert.match(right.body.proof, /^[\w-]+\.[\w-]+\.[\w-]+$/);
  const view = await server.call('GET', `/v1/verifications/${started.body.id}`);
  assert.equal(view.body.status, 'approved');
});

const bad: readonly [string, string, object | null, number][] = [
  ['POST', '/phone/verifications', {}, 422],
  ['POST', '/phone/verifications', { recipient: 'banana' }, 422],
  ['POST', '/phone/verifications', { recipient: '+14155550123', channel: 'pigeon' }, 422],
  ['POST', '/phone/verifications', { recipient: '+14155550123', customCode: '1234' }, 422],
  ['POST', '/phone/verifications/vf_nothing/check', { code: '123456' }, 404],
  ['POST', '/phone/clock', { advanceSeconds: -1 }, 422],
  ['POST', '/phone/clock', { advanceSeconds: 0.5 }, 422],
  ['POST', '/phone/reset', { all: true }, 422],
  ['GET', '/phone/messages?recipient=banana', null, 422],
  ['GET', '/phone/messages?limit=0', null, 422],
  ['GET', '/phone/messages?limit=201', null, 422],
  ['GET', '/phone/messages?page=2', null, 422],
  ['GET', '/phone/messages/msg_nothing/html', null, 404],
  ['GET', '/phone/verifications/vf_nothing', null, 404],
];

for (const [method, path, body, expected] of bad) {
  const sent = body === null ? '' : JSON.stringify(body);
  test(`${method} ${path} ${sent} is refused in words`, async () => {
    const answer = method === 'GET' ? await read(path) : await act(path, body);
    assert.equal(answer.status, expected);
    assert.match(answer.body.detail, /^[A-Z/].+\.$/s);
  });
}

test('the HTML part of an e-mail comes under a policy that takes everything from it', async () => {
  await act('/phone/verifications', { recipient: 'ana@example.com' });
  const [mail] = await waitFor(async () => {
    const found = await messages();
    return found.length > 0 ? found : null;
  });
  const { status, headers, text } = await ask('GET', `/phone/messages/${mail?.id}/html`);
  assert.equal(status, 200);
  assert.match(text, /<\w+/);
  const policy = String(headers['content-security-policy']);
  assert.match(policy, /^sandbox; default-src 'none';/);
  assert.doesNotMatch(policy, /script-src|allow-/);
  assert.match(policy, /frame-ancestors 'self'/);
});

test('what happens is told in its order, to whoever listens', async () => {
  const stop = new AbortController();
  const stream = await fetch(`${server.url}/phone/events`, { signal: stop.signal });
  assert.equal(stream.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  assert.equal(stream.headers.get('cache-control'), 'no-store');
  assert.ok(stream.body);
  const decoder = new TextDecoder();
  let told = '';
  const listening = (async () => {
    for await (const chunk of stream.body ?? []) told += decoder.decode(chunk, { stream: true });
  })().catch(() => {});
  const { body } = await act('/phone/verifications', { recipient: '+14155550123' });
  await act('/phone/clock', { advanceSeconds: 3600 });
  await act('/phone/reset', {});
  await waitFor(async () => (told.includes('event: reset') ? true : null));
  stop.abort();
  await listening;
  assert.match(told, /^retry: \d+\n\n/);
  const kinds = [...told.matchAll(/^event: (\w+)$/gm)].map(([, kind]) => kind);
  assert.ok(kinds.includes('message'));
  assert.ok(kinds.indexOf('verification') < kinds.indexOf('clock'));
  assert.equal(kinds.at(-1), 'reset');
  const verification = new RegExp(`event: verification\\ndata: .*"id":"${body.id}"`);
  assert.match(told, verification);
  assert.match(told, /"status":"expired"/);
  // Recipients are masked in verifications and whole only on the phone that they stand for.
  assert.doesNotMatch(told.replace(/"message":\{.*?\}/g, ''), /\+14155550123/);
});
