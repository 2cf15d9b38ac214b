import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isPlain } from '#domain/plain-message.ts';
import type { Template, TemplateVariant } from '#domain/template.ts';
import type { MessageRequest } from '#service/requests.ts';
import {
  accepted,
  createTestProvider,
  numberAt,
  type OpenedService,
  openService,
  refusalOf,
  take,
  viewOf,
} from '#service/service.fixture.ts';
import type { Caller } from '#service/service.ts';

const text = 'Your code is 904417, said Shop.';

let opened: OpenedService;
let caller: Caller;
before(async () => {
  opened = await openService();
  caller = await opened.newCaller();
});
after(() => opened.end());

let recipients = 0;

function nextRequest(changes: Partial<MessageRequest> = {}): MessageRequest {
  recipients += 1;
  return { recipient: numberAt(recipients), text, ...changes };
}

async function send(changes: Partial<MessageRequest> = {}, key: string | null = null, by = caller) {
  return opened.service.sendMessage(by, nextRequest(changes), key);
}

test('a message is handed over as it stands, and its text is gone afterwards', async () => {
  const asked = nextRequest({ text: 'Hello {{name}},\n904417', sender: 'ACME', code: '904417' });
  const view = viewOf(await opened.service.sendMessage(caller, asked, null));
  await opened.whenIdle();
  const sent = opened.provider.handed.at(-1);
  assert.equal(sent?.text, asked.text);
  assert.deepEqual(
    [sent?.destination, sent?.sender, sent?.code, sent?.verificationId],
    [asked.recipient, 'ACME', '904417', null],
  );
  const { id } = view;
  const after = take(await opened.service.readMessage(caller, id));
  assert.deepEqual([after.status, after.provider, after.parts], ['sent', 'carrier', 1]);
  assert.match(after.recipient, /^\+14•+\d{4}$/);
  const kept = await opened.storage.readVerification(caller.application.id, id);
  assert.ok(kept && isPlain(kept.verification));
  assert.equal(kept.verification.sealedCode, null);
});

test('nothing that is kept or logged has the text or its digits', async () => {
  const secret = `Use 5550987 ${'secret '.repeat(3)}`;
  opened.provider.answer = () => ({ kind: 'unavailable', error: 'Not now.' });
  await send({ text: secret, code: '5550987' });
  await send({ text: secret, sendAtMs: (await opened.storage.now()) + 600_000 });
  await opened.whenIdle();
  opened.provider.answer = () => accepted;
  for (const name of readdirSync(opened.folder)) {
    const bytes = readFileSync(join(opened.folder, name));
    for (const part of ['5550987', 'secret secret']) {
      assert.ok(!bytes.includes(part), `${name} holds ${part}`);
    }
  }
  assert.ok(!opened.log.join('\n').includes('5550987'));
});

test('a message without a moment is sent from now on, also while nobody took it', async () => {
  opened.provider.answer = () => ({ kind: 'unavailable', error: 'Not now.' });
  const view = viewOf(await send({}));
  await opened.whenIdle();
  const kept = take(await opened.service.readMessage(caller, view.id));
  opened.provider.answer = () => accepted;
  assert.deepEqual([view.status, kept.status], ['queued', 'queued']);
  assert.deepEqual([view.sendAtMs, kept.sendAtMs], [view.createdAtMs, view.createdAtMs]);
});

test('a message waits for its moment, and goes out then', async () => {
  const sendAtMs = (await opened.storage.now()) + 3_600_000;
  const asked = nextRequest({ sendAtMs });
  const view = viewOf(await opened.service.sendMessage(caller, asked, null));
  assert.deepEqual([view.status, view.sendAtMs], ['scheduled', sendAtMs]);
  const isSent = () => opened.provider.handed.some((one) => one.destination === asked.recipient);
  await opened.advance(3_500);
  assert.equal(isSent(), false);
  await opened.advance(101);
  assert.equal(isSent(), true);
  assert.equal(take(await opened.service.readMessage(caller, view.id)).status, 'sent');
});

test('a message that its node left behind goes out with its text from the next', async () => {
  const first = await openService();
  const owner = await first.newCaller();
  const sendAtMs = (await first.storage.now()) + 60_000;
  const request = { recipient: numberAt(1), text, code: '904417', sendAtMs };
  const { id } = viewOf(await first.service.sendMessage(owner, request, null));
  await first.abandon();
  const next = await openService({ folder: first.folder });
  try {
    await next.advance(61);
    const [handed] = next.provider.handed;
    assert.deepEqual([handed?.text, handed?.code], [text, '904417']);
    assert.equal(take(await next.service.readMessage(owner, id)).status, 'sent');
  } finally {
    await next.end();
  }
});

test('what is sealed as a text opens as no code', async () => {
  const sendAtMs = (await opened.storage.now()) + 60_000;
  const { id: verificationId } = viewOf(await send({ sendAtMs }));
  const { id: applicationId } = caller.application;
  const kept = await opened.storage.readVerification(applicationId, verificationId);
  assert.ok(kept);
  const { recipientHash, purpose, sealedCode } = kept.verification;
  const binding = { applicationId, verificationId, recipientHash, purpose };
  assert.equal(opened.vault.openCode(sealedCode ?? '', binding), null);
  assert.ok(opened.vault.openText(sealedCode ?? '', binding)?.includes('904417'));
});

test('a second hand-over carries the same text', async () => {
  const asked = nextRequest();
  opened.provider.answer = () => ({ kind: 'unavailable', error: 'Not now.' });
  await opened.service.sendMessage(caller, asked, null);
  await opened.whenIdle();
  opened.provider.answer = () => accepted;
  await opened.advance(30);
  const handed = opened.provider.handed.filter((one) => one.destination === asked.recipient);
  assert.deepEqual(
    handed.map((one) => one.text),
    [text, text],
  );
});

test('the limits of a recipient hold over messages and verifications', async () => {
  const { recipient } = nextRequest();
  await opened.start(caller, { recipient });
  const refused = refusalOf(await opened.service.sendMessage(caller, { recipient, text }, null));
  assert.equal(refused.code, 'limit_reached');
  const { items } = take(await opened.service.listMessages(caller, { recipient, limit: 10 }));
  assert.deepEqual(
    items.map(({ status }) => status),
    ['blocked'],
  );
});

test('a balance and a daily budget are spent by messages too', async () => {
  const poor = await opened.newCaller({ balance: { messages: 1 } });
  take(await send({}, null, poor));
  assert.equal(refusalOf(await send({}, null, poor)).code, 'balance_exhausted');
  const priced = await openService({
    providers: [createTestProvider({ price: { amount: '0.40', currency: 'USD' } })],
  });
  try {
    const owner = await priced.newCaller({ dailyBudget: { amount: '1.00', currency: 'USD' } });
    const codes = [];
    for (const recipient of [1, 2, 3].map(numberAt)) {
      const sent = await priced.service.sendMessage(owner, { recipient, text }, null);
      codes.push(sent.ok ? null : sent.error.code);
    }
    assert.deepEqual(codes, [null, null, 'budget_exhausted']);
  } finally {
    await priced.end();
  }
});

test('the same key sends once; many at once too', async () => {
  const asked = nextRequest();
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => opened.service.sendMessage(caller, asked, 'one')),
  );
  const again = take(await opened.service.sendMessage(caller, asked, 'one'));
  assert.equal(again.isReplay, true);
  const ids = answers.flatMap((one) => (one.ok ? [one.value.view.id] : []));
  assert.deepEqual(new Set(ids), new Set([again.view.id]));
  const other = { ...asked, text: 'Another text' };
  const refused = refusalOf(await opened.service.sendMessage(caller, other, 'one'));
  assert.equal(refused.code, 'idempotency_key_reused');
  await opened.whenIdle();
  const handed = opened.provider.handed.filter((one) => one.destination === asked.recipient);
  assert.equal(handed.length, 1);
});

test('no verb of verifications knows a message, and no other application', async () => {
  const { id: verificationId } = viewOf(await send());
  const { service } = opened;
  const codes = [
    await service.readVerification(caller, verificationId),
    await service.resendCode(caller, { verificationId }, null),
    await service.cancelVerification(caller, verificationId, null),
    await service.checkCode(caller, { verificationId, code: '904417' }, null),
  ].map((result) => refusalOf(result).code);
  assert.deepEqual(new Set(codes), new Set(['verification_not_found']));
  const { items } = take(await service.listVerifications(caller, { limit: 200 }));
  assert.ok(!items.some(({ id }) => id === verificationId));
  const stranger = await opened.newCaller();
  const found = await service.readMessage(stranger, verificationId);
  assert.equal(refusalOf(found).code, 'message_not_found');
  const started = await opened.start(caller, { recipient: nextRequest().recipient });
  assert.equal(refusalOf(await service.readMessage(caller, started.id)).code, 'message_not_found');
});

/** What the newest message to a recipient said. */
const saidTo = async (recipient: string) => {
  await opened.whenIdle();
  return opened.provider.handed.findLast(({ destination }) => destination === recipient);
};

test('an e-mail goes out with its subject and its HTML part, as they stand', async () => {
  const asked = {
    ...{ recipient: 'ana@example.com', subject: 'Your {{order}}', text: 'It left.\nShop' },
    ...{ html: '<p>It <b>left</b>, {{name}}.</p>', sender: 'Müller & Söhne, Versand' },
  };
  const view = viewOf(await opened.service.sendMessage(caller, asked, null));
  assert.deepEqual([view.channel, view.recipient], ['email', 'a•••@example.com']);
  const said = await saidTo(asked.recipient);
  const { subject, text: body, html, sender } = said ?? {};
  const { recipient: _, ...words } = asked;
  assert.deepEqual({ subject, text: body, html, sender }, words);
});

test('an e-mail that its node left behind goes out whole from the next', async () => {
  const sendAtMs = (await opened.storage.now()) + 60_000;
  const asked = {
    ...{ recipient: 'ben@example.com', subject: 'Later', text: 'Hello', html: '<p>Hello</p>' },
    sendAtMs,
  };
  take(await opened.service.sendMessage(caller, asked, null));
  await opened.advance(61);
  const { subject, html } = (await saidTo(asked.recipient)) ?? {};
  assert.deepEqual([subject, html], ['Later', '<p>Hello</p>']);
});

const note: Template = {
  name: 'note',
  state: 'approved',
  purposes: ['message'],
  variants: [
    variant({ text: 'Hello {{name}}, {{application}} has sent it.' }),
    variant({ language: 'de', text: 'Hallo {{name}}, es ist unterwegs.' }),
    variant({
      ...{ channel: 'email', subject: 'Sent to {{name}}', text: 'Hello {{name}}' },
      html: '<p>Hello {{name}}</p>',
    }),
    variant({ channel: 'email', language: 'de', text: 'Hallo {{name}}' }),
  ],
};

function variant(changes: Partial<TemplateVariant>): TemplateVariant {
  return {
    ...{ channel: 'sms', language: 'en', prefix: null, subject: null, text: '', html: null },
    ...changes,
  };
}

async function sendNote(changes: Partial<MessageRequest>, key: string | null = null) {
  const recipient = changes.recipient ?? nextRequest().recipient;
  const request = { template: 'note', variables: { name: 'Ana & Co' }, ...changes, recipient };
  const result = await opened.service.sendMessage(caller, request, key);
  return { result, recipient };
}

test('a template of plain messages is filled, in the language that is asked for', async () => {
  take(await opened.service.saveTemplate(caller.application.id, note));
  const english = await sendNote({});
  take(english.result);
  assert.equal((await saidTo(english.recipient))?.text, 'Hello Ana & Co, Shop has sent it.');
  const german = await sendNote({ language: 'de-AT' });
  take(german.result);
  const said = await saidTo(german.recipient);
  assert.deepEqual([said?.text, said?.language], ['Hallo Ana & Co, es ist unterwegs.', 'de']);
  const mailed = await sendNote({ recipient: 'note@example.com' });
  take(mailed.result);
  const mail = await saidTo(mailed.recipient);
  assert.deepEqual([mail?.subject, mail?.html], ['Sent to Ana & Co', '<p>Hello Ana &amp; Co</p>']);
  const plain = await sendNote({ recipient: 'nota@example.com', language: 'de' });
  take(plain.result);
  assert.equal((await saidTo(plain.recipient))?.subject, 'Shop');
});

test('what a template of plain messages lacks is named, and no verification uses one', async () => {
  take(await opened.service.saveTemplate(caller.application.id, note));
  for (const [changes, code, pointer] of [
    [{ variables: {} }, 'variables_invalid', '/variables/name'],
    [{ template: 'none' }, 'template_not_found', '/template'],
    [{ channel: 'whatsapp' }, 'template_invalid', '/template'],
    [{ subject: 'Hi' }, 'request_invalid', '/subject'],
    [{ variables: { name: 'x', application: 'y' } }, 'variables_invalid', '/variables/application'],
    [{ code: '4711' }, 'request_invalid', '/code'],
  ] as const) {
    const refused = refusalOf((await sendNote(changes)).result);
    assert.deepEqual([refused.code, refused.pointer], [code, pointer], refused.detail);
  }
  const { recipient } = nextRequest();
  const start = { recipient, template: 'note', purpose: 'message', variables: { name: 'Ana' } };
  const refused = refusalOf(await opened.service.startVerification(caller, start, null));
  assert.deepEqual([refused.code, refused.pointer], ['template_invalid', '/template']);
});

test('a template that shows a code carries the one that the caller gives', async () => {
  const variants = [variant({ text: '{{code}} opens the door, {{name}}.' })];
  const template = { ...note, name: 'door', purposes: [], variants };
  take(await opened.service.saveTemplate(caller.application.id, template));
  const without = refusalOf((await sendNote({ template: 'door' })).result);
  assert.deepEqual([without.code, without.pointer], ['variables_invalid', '/code']);
  const sent = await sendNote({ template: 'door', code: '4711' });
  take(sent.result);
  const said = await saidTo(sent.recipient);
  assert.deepEqual([said?.text, said?.code], ['4711 opens the door, Ana & Co.', '4711']);
  const timed = { ...template, variants: [variant({ text: '{{code}} {{lifetimeMinutes}}' })] };
  take(await opened.service.saveTemplate(caller.application.id, timed));
  const endless = refusalOf((await sendNote({ template: 'door', code: '4711' })).result);
  assert.deepEqual([endless.code, endless.pointer], ['variables_invalid', '/template']);
});

test('a repeated message from a template is answered when that is gone', async () => {
  take(await opened.service.saveTemplate(caller.application.id, note));
  const { result, recipient } = await sendNote({}, 'key-of-note');
  take(await opened.service.deleteTemplate(caller.application.id, 'note'));
  const again = await sendNote({ recipient }, 'key-of-note');
  assert.deepEqual(take(again.result), { ...take(result), isReplay: true });
});

describe('a request is refused', () => {
  const dayMs = 86_400_000;
  const mail = 'ana@example.com';
  const byMail = { recipient: mail, subject: 'Hello' };
  const cases: readonly (readonly [string, Partial<MessageRequest>, string, string])[] = [
    ['without a text', { text: ' ' }, 'request_invalid', '/text'],
    ['with a long text', { text: 'x'.repeat(5_001) }, 'request_invalid', '/text'],
    ['with more parts than are sent', { text: 'x'.repeat(2_000) }, 'template_invalid', '/text'],
    ['with a control character', { text: 'a\u0000b' }, 'request_invalid', '/text'],
    ['with half a character', { text: 'a\ud800' }, 'request_invalid', '/text'],
    ['with a code that is not in it', { code: '2' }, 'request_invalid', '/code'],
    ['with a long code', { code: text.slice(0, 17) }, 'request_invalid', '/code'],
    ['to nobody', { recipient: '12' }, 'recipient_invalid', '/recipient'],
    ['by mail to a number', { channel: 'email' }, 'recipient_invalid', '/recipient'],
    ['with a subject for a phone', { subject: 'Hi' }, 'request_invalid', '/subject'],
    ['with HTML for a phone', { html: '<p>Hi</p>' }, 'request_invalid', '/html'],
    ['by mail without a subject', { recipient: mail }, 'request_invalid', '/subject'],
    ['with two lines of subject', { ...byMail, subject: 'a\nb' }, 'request_invalid', '/subject'],
    ['with a script', { ...byMail, html: '<script>' }, 'request_invalid', '/html'],
    ['with a control in its HTML', { ...byMail, html: '\u0007' }, 'request_invalid', '/html'],
    ['with an attachment', { attachments: [{ name: 'a.pdf' }] }, 'not_available', '/attachments'],
    ['with a text and a template', { template: 'note' }, 'request_invalid', '/text'],
    ['with a text and variables', { variables: { a: 'b' } }, 'request_invalid', '/variables'],
    ['in no language', { language: 'x y' }, 'request_invalid', '/language'],
    ['by a call', { channel: 'voice' }, 'request_invalid', '/channel'],
    ['with a wrong sender', { sender: '<b>' }, 'request_invalid', '/sender'],
    ['for the past', { sendAtMs: 1 }, 'request_invalid', '/sendAt'],
    ['for two days later', { sendAtMs: Date.now() + 2 * dayMs }, 'request_invalid', '/sendAt'],
    ['from no address', { client: { address: 'x' } }, 'request_invalid', '/client/address'],
  ];
  for (const [name, changes, code, pointer] of cases) {
    test(name, async () => {
      const refused = refusalOf(await send(changes));
      assert.deepEqual([refused.code, refused.pointer], [code, pointer]);
      assert.ok(!refused.detail.includes('904417'));
    });
  }
});
