import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import fastify from 'fastify';
import { type BodyRules, readBodies } from '#compat/read-bodies.ts';
import { readForm, readMultipart } from '#compat/read-forms.ts';

async function read(
  rules: BodyRules,
  contentType: string,
  payload: string | Buffer,
): Promise<{ status: number; body: unknown }> {
  const app = fastify();
  readBodies(app, rules);
  app.post('/', async (request) => ({ body: request.body ?? null }));
  const answer = await app.inject({
    method: 'POST',
    url: '/',
    payload,
    headers: contentType === '' ? {} : { 'content-type': contentType },
  });
  await app.close();
  return { status: answer.statusCode, body: answer.json().body };
}

const all = ['json', 'form', 'multipart'] as const;
const strict: BodyRules = { reads: all, otherwise: 'refused' };
const tolerant: BodyRules = { reads: all, otherwise: 'ignored' };

const multipart = [
  '--edge\r\nContent-Disposition: form-data; name="numbers"\r\n\r\n9999999999,8888888888\r\n',
  '--edge\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nno field\r\n',
  '--edge\r\ncontent-type: text/plain\r\ncontent-disposition: form-data; name="text"\r\n\r\n',
  'two\r\nlines\r\n--edge--\r\n',
].join('');

const readable = [
  ['application/json', '{"a": {"b": [1]}}', { a: { b: [1] } }],
  ['application/vnd.vendor+json; charset=utf-8', '{"a": 1}', { a: 1 }],
  ['application/json', '', null],
  [
    'application/json',
    '{"id": 1234567890123456789, "ids": [9007199254740993], "small": 9007199254740991, "e": 1e30}',
    { id: '1234567890123456789', ids: ['9007199254740993'], small: 9007199254740991, e: 1e30 },
  ],
  ['application/x-www-form-urlencoded', 'a=1+2&b=%2B9&a=3', { a: '1 2', b: '+9' }],
  [
    'multipart/form-data; boundary=edge',
    multipart,
    { numbers: '9999999999,8888888888', text: 'two\r\nlines' },
  ],
  ['multipart/form-data', multipart, {}],
] as const;

for (const [type, payload, body] of readable) {
  test(`a body of ${type} is read: ${JSON.stringify(payload).slice(0, 30)}`, async () => {
    for (const rules of [strict, tolerant]) {
      assert.deepEqual(await read(rules, type, payload), { status: 200, body });
    }
  });
}

test('what cannot be read is refused, or counts as no body where that is the rule', async () => {
  const unreadable = [
    ['application/json', '{', 500],
    ['application/json', Buffer.from([0x22, 0xff, 0x22]), 500],
    ['text/xml', '<a/>', 415],
  ] as const;
  for (const [type, payload, status] of unreadable) {
    assert.equal((await read(strict, type, payload)).status, status);
    assert.deepEqual(await read(tolerant, type, payload), { status: 200, body: null });
  }
  assert.deepEqual(await read(tolerant, 'text/plain', '{"a": 1}'), { status: 200, body: { a: 1 } });
});

test('no body whatsoever breaks a reader of forms', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      readForm(Buffer.from(bytes));
      const marked = [Buffer.from('--e'), Buffer.from(bytes), Buffer.from('--e--')];
      readMultipart(Buffer.concat(marked), 'multipart/form-data; boundary=e');
    }),
  );
});

test('of a form with endless fields a hundred are read', () => {
  const many = Array.from({ length: 5_000 }, (_, at) => `n${at}=1`).join('&');
  assert.equal(Object.keys(readForm(Buffer.from(many))).length, 100);
});
