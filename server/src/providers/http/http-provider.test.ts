import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { OutboundMessage } from '#service/provider-port.ts';
import { createEgress } from '../egress/egress.ts';
import { describeProvider, exampleMessage } from '../provider.contract.ts';
import { createHttpProvider } from './http-provider.ts';
import { type RecordedPeer, startRecordedPeer } from './recorded-peer.fixture.ts';

const apiKey = 'k3y/with+signs=1';

/** Everything at once: secrets in every position, and answers that repeat all of it. */
const manifest = {
  name: 'example',
  channels: ['sms', 'whatsapp'],
  method: 'POST',
  url: 'https://sms.example.com/v1/{{secrets.apiKey}}/send',
  query: { key: '{{secrets.apiKey}}', to: '{{destination}}', from: '{{sender}}' },
  headers: { 'x-key': '{{secrets.apiKey}}' },
  authorization: { basic: { user: 'account', password: '{{secrets.apiKey}}' } },
  body: { type: 'json', content: { to: '{{destination}}', text: '{{text}}', code: '{{code}}' } },
  secrets: { apiKey: { env: 'EXAMPLE_KEY' } },
  success: { body: [{ pointer: '/ok', equals: true }] },
  messageId: { pointer: '/id' },
  errorCode: '/code',
  errorMessage: '/error',
  price: { currency: 'USD', perPart: '0.01', countries: { US: '0.0075' } },
};

function open(peer: RecordedPeer, more: object = {}, url = `${peer.origin}/v1/send`) {
  const egress = createEgress({ allow: [peer.door] });
  const settings = {
    name: 'example',
    kind: 'http',
    manifest: { ...manifest, ...more },
    url,
  } as const;
  const made = createHttpProvider(settings, { egress, environment: { EXAMPLE_KEY: apiKey } });
  assert.ok(made.ok, made.ok ? '' : made.error.join('\n'));
  return made.value;
}

describeProvider('http', async (scene) => {
  const peer = await startRecordedPeer();
  const message = exampleMessage();
  const everything = [message.text, message.code, message.destination, apiKey].join(' and ');
  const reached = new Promise<void>((done) => {
    peer.onSeen = done;
  });
  const echo = JSON.stringify({ ok: false, error: `No: ${everything}`, code: message.code });
  if (scene === 'takes') peer.answer = { status: 200, body: '{"ok":true,"id":"gw-1"}' };
  if (scene === 'refuses') peer.answer = { status: 400, body: echo };
  if (scene === 'silent') peer.answer = null;
  if (scene === 'nobody-there') await peer.close();
  return {
    provider: open(peer),
    message,
    secrets: [apiKey],
    asked: reached,
    end: () => (scene === 'nobody-there' ? Promise.resolve() : peer.close()),
  };
});

let peer: RecordedPeer;
before(async () => {
  peer = await startRecordedPeer();
  peer.answer = { status: 200, body: '{"ok":true}' };
});
after(() => peer.close());

async function sendWith(more: object, message: Partial<OutboundMessage>, path?: string) {
  peer.seen.length = 0;
  const url = path === undefined ? undefined : `${peer.origin}${path}`;
  const provider = open(peer, more, url);
  const outcome = await provider.send(exampleMessage(message), AbortSignal.timeout(5_000));
  await provider.close();
  return { outcome, sent: peer.seen[0] };
}

test('a value is encoded by its place, so that no text can leave it', async () => {
  const text = 'a&b=c/../"}\r\nX: y #?%41 é🎉';
  const { sent } = await sendWith(
    {
      query: { t: '{{text}}', c: '{{code}}' },
      body: { type: 'json', content: { t: '{{text}}' } },
    },
    { text },
    '/v1/{{text}}/send',
  );
  const url = new URL(`http://x${sent?.target}`);
  assert.equal(url.searchParams.get('t'), text);
  assert.equal(url.searchParams.get('c'), '739105');
  assert.equal(url.pathname.split('/').length, 4);
  assert.equal(decodeURIComponent(url.pathname.split('/')[2] ?? ''), text);
  assert.deepEqual(JSON.parse(sent?.body ?? ''), { t: text });
});

test('a path cannot be climbed out of with dots', async () => {
  const { sent } = await sendWith({}, { text: '..' }, '/v1/{{text}}/send');
  assert.match(sent?.target ?? '', /^\/v1\/%2E%2E\/send\?/);
});

test('a value that the message does not have is left out', async () => {
  const { sent } = await sendWith(
    {
      query: { sender: '{{sender}}', mixed: 'from {{sender}}', other: '{{sender | language}}' },
      body: { type: 'json', content: { a: '{{code}}', b: ['{{code}}', 1, null, true] } },
    },
    { sender: null, code: null },
  );
  assert.equal(sent?.target, '/v1/send?other=en');
  assert.equal(sent?.body, '{"b":[1,null,true]}');
});

test('a choice picks by what a template comes to', async () => {
  const choice = { choose: '{{channel}}', cases: { sms: 1, whatsapp: 'wa:{{destination}}' } };
  const more = { query: { c: choice }, body: { type: 'json', content: { c: choice } } };
  const sms = await sendWith(more, {});
  assert.deepEqual([sms.sent?.target, sms.sent?.body], ['/v1/send?c=1', '{"c":1}']);
  const whatsapp = await sendWith(more, { channel: 'whatsapp' });
  assert.equal(whatsapp.sent?.body, '{"c":"wa:+14155550123"}');
});

test('numbers are spelled as the gateway wants them', async () => {
  const query = {
    a: '{{destination}}',
    b: '{{destinationDigits}}',
    c: '{{destinationNational}}',
    d: '{{callingCode}}',
  };
  const us = await sendWith({ query, body: { type: 'none' } }, {});
  assert.equal(us.sent?.target, '/v1/send?a=%2B14155550123&b=14155550123&c=4155550123&d=1');
  // The zero of an Italian number belongs to it.
  const italy = await sendWith({ query, body: { type: 'none' } }, { destination: '+390612345678' });
  assert.match(italy.sent?.target ?? '', /c=0612345678&d=39$/);
});

test('a multipart body is one that others can read', async () => {
  const content = { to: '{{destination}}', 'texts[]': '{{text}}', none: '{{subject}}' };
  const { sent } = await sendWith(
    { body: { type: 'multipart', content } },
    { text: 'line\r\n--watchword-dl01jexampl--\r\nümlaut 🎉' },
  );
  const type = String(sent?.headers['content-type']);
  const form = await new Response(sent?.body, { headers: { 'content-type': type } }).formData();
  assert.deepEqual([...form.keys()], ['to', 'texts[]']);
  assert.equal(form.get('texts[]'), 'line\r\n--watchword-dl01jexampl--\r\nümlaut 🎉');
});

test('a text that a header cannot carry is refused before anything is sent', async () => {
  const { outcome, sent } = await sendWith(
    { headers: { 'x-text': '{{text}}' } },
    { text: 'é\r\nA: b' },
  );
  assert.equal(outcome.kind, 'refused');
  assert.equal(sent, undefined);
});

test('a number outside the served countries is refused before anything is sent', async () => {
  const { outcome, sent } = await sendWith({ destinations: ['+91', '+44'] }, {});
  assert.deepEqual(outcome, {
    kind: 'refused',
    error: 'This provider does not serve the country of this number.',
  });
  assert.equal(sent, undefined);
});

test('an answer in plain text can be judged, and its id found', async () => {
  peer.answer = { status: 200, body: 'OK: 12345 queued' };
  const rules = { success: { body: [{ contains: 'OK:' }] }, messageId: { after: 'OK:' } };
  const { outcome } = await sendWith(rules, {});
  assert.deepEqual(outcome, { kind: 'accepted', providerMessageId: '12345' });
  peer.answer = { status: 200, body: 'ERROR 7' };
  assert.equal((await sendWith(rules, {})).outcome.kind, 'refused');
  peer.answer = { status: 200, body: '{"ok":true}' };
});

test('an answer under 200 that may be tried again is unavailable', async () => {
  peer.answer = { status: 200, body: '{"ok":false,"code":"throttled"}' };
  const retry = [{ body: [{ pointer: '/code', oneOf: ['throttled', 'busy'] }] }];
  const { outcome } = await sendWith({ retry }, {});
  assert.equal(outcome.kind, 'unavailable');
  peer.answer = { status: 200, body: '{"ok":true}' };
});

test('a price is quoted by country, and the rest by the general price', () => {
  const provider = open(peer);
  const quote = (country: string | null) => provider.quote({ channel: 'sms', country, parts: 2 });
  assert.deepEqual(quote('US'), { amount: '0.015', currency: 'USD' });
  assert.deepEqual(quote('DE'), { amount: '0.02', currency: 'USD' });
  assert.deepEqual(quote(null), { amount: '0.02', currency: 'USD' });
});

test('a transcript shows the request with its secrets hidden in every place', async () => {
  const provider = open(peer, {}, `${peer.origin}/v1/{{secrets.apiKey}}/send`);
  const { request } = await provider.test(exampleMessage(), AbortSignal.timeout(5_000));
  await provider.close();
  assert.match(request, /^POST http:\/\/127\.0\.0\.1:\d+\/v1\/\*\*\*\/send\?key=\*\*\*&to=%2B14/);
  assert.match(request, /authorization: Basic \*\*\*/);
  assert.match(request, /"to":"\+14\*{5}0123","text":"\*\*\*","code":"\*\*\*"/);
});
