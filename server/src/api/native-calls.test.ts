import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { openApp } from '#api/app.fixture.ts';
import { errorTable } from '#api/errors.ts';
import { createNativeCalls } from '#api/native-calls.ts';
import { type NativeAnswer, type NativeCallName, nativeCallNames } from '#service/native-port.ts';
import { openService, wrong } from '#service/service.fixture.ts';

const opened = await openService();
after(opened.end);
const caller = { ...(await opened.newCaller()), origin: 'kafka' };
const calls = createNativeCalls(opened.service);
const { call: overHttp } = openApp({
  ...opened.service,
  authenticate: async () => caller.application,
});

function call(name: NativeCallName, fields: object, key: string | null = null) {
  const bytes = Buffer.byteLength(JSON.stringify(fields));
  return calls.call({ caller, name, fields: { ...fields }, bytes, key });
}

function errorOf(answer: NativeAnswer) {
  assert.ok(!answer.ok, 'it was not refused');
  return answer.error;
}

// biome-ignore lint/suspicious/noExplicitAny: JSON of whatever shape the answer has.
function bodyOf(answer: NativeAnswer): any {
  assert.ok(answer.ok, answer.ok ? '' : answer.error.detail);
  return answer.verification;
}

test('a verification is shown as its call of the API shows it', async () => {
  const body = bodyOf(await call('start', { recipient: '+14155550123', channel: null }));
  await opened.whenIdle();
  const read = (await overHttp('GET', `/v1/verifications/${body.id}`)).json();
  assert.deepEqual(Object.keys(read), [...Object.keys(body), 'history']);
  const guess = { id: body.id, code: wrong(opened.codeOf(body.id)) };
  const checked = await call('check', guess);
  assert.deepEqual(checked.ok && checked.verdict, { approved: false, reason: 'wrong_code' });
  const right = await call('check', { recipient: '+14155550123', code: opened.codeOf(body.id) });
  assert.deepEqual(right.ok && right.verdict?.approved, true);
  assert.ok(right.ok && right.verdict?.proof?.startsWith('ey'));
});

const start = '/v1/verifications';
const at = (verb: string) => `/v1/verifications/vf_unknown/${verb}`;
/** With the call of the API that says the same, and the fields that its path has. */
const refused: readonly (readonly [NativeCallName, object, string, object?])[] = [
  ['start', {}, start],
  ['start', { recipient: 7, spare: true, 'a/b~c': 1 }, start],
  ['start', { recipient: 'nobody' }, start],
  ['start', { recipient: '+14155550124', channel: 'pigeon', code: { length: 99 } }, start],
  ['start', { recipient: '+14155550124', channels: ['sms', 'sms', 7] }, start],
  ['start', { recipient: '+14155550124', metadata: JSON.parse('{"__proto__": "x"}') }, start],
  ['start', { recipient: '+14155550124', text: 'no code' }, start],
  ['start', { recipient: '+14155550124', callbackUrl: 'https://127.0.0.1/' }, start],
  ['check', { recipient: '+14155550199', code: '1' }, '/v1/checks'],
  ['check', { code: '1' }, '/v1/checks'],
  ['check', { code: '1' }, at('check'), { id: 'vf_unknown' }],
  ['check', { code: 135790 }, at('check'), { id: 'vf_unknown' }],
  ['resend', { channel: 'pigeon' }, at('resend'), { id: 'vf_unknown' }],
  ['resend', {}, at('resend'), { id: 'vf_unknown' }],
  ['cancel', { spare: 1 }, at('cancel'), { id: 'vf_unknown' }],
  ['cancel', {}, at('cancel'), { id: 'vf_unknown' }],
];

for (const [name, fields, path, more = {}] of refused) {
  test(`${name} ${JSON.stringify({ ...fields, ...more })} is refused as over HTTP`, async () => {
    const { code, title, detail, errors, limit } = errorOf(
      await call(name, { ...fields, ...more }),
    );
    const problem = (await overHttp('POST', path, fields)).json();
    assert.deepEqual(
      [code, title, detail, errors, limit],
      [problem.code, problem.title, problem.detail, problem.errors, problem.limit],
    );
  });
}

test('what the path says over HTTP is a field that is asked for here', async () => {
  for (const name of ['resend', 'cancel'] as const) {
    assert.deepEqual(errorOf(await call(name, {})).errors, [
      { pointer: '/id', detail: 'This field is required.' },
    ]);
  }
  assert.equal(errorOf(await call('cancel', { id: 7 })).code, 'request_invalid');
});

test('bodies, keys and letters have the bounds of HTTP', async () => {
  const long = { recipient: '+14155550124', text: `{{code}}${'x'.repeat(17_000)}` };
  assert.equal(errorOf(await call('start', long)).code, 'body_too_large');
  const { detail } = errorOf(await call('start', { recipient: '+14155550124' }, 'two keys'));
  assert.match(detail, /^The Idempotency-Key must be given once/);
  assert.equal(errorOf(await call('start', { recipient: '\ud800' })).code, 'not_json');
});

test('a limit says when to come again, and a key answers the same again', async () => {
  const asked = { recipient: '+14155550125' };
  const first = await call('start', asked, 'key-1');
  assert.deepEqual(await call('start', asked, 'key-1'), first);
  const other = errorOf(await call('start', { ...asked, purpose: 'x' }, 'key-1'));
  assert.equal(other.code, 'idempotency_key_reused');
  const { code, retryAfterSeconds = 0, limit } = errorOf(await call('start', asked, 'key-2'));
  assert.equal(code, 'limit_reached');
  assert.ok(retryAfterSeconds >= 1 && limit !== undefined);
});

test('whatever fields come, the answer is one of the table and no fault', async () => {
  const names = ['id', 'recipient', 'code', 'channel', 'channels', 'metadata', 'client', 'spare'];
  const fields = fc.dictionary(fc.constantFrom(...names), fc.jsonValue());
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...nativeCallNames), fields, async (name, given) => {
      const answer = await call(name, given);
      assert.ok(answer.ok || (Object.hasOwn(errorTable, answer.error.code) && answer.error.detail));
    }),
    { numRuns: 200 },
  );
});
