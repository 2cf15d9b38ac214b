import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ApplicationSettings } from '#domain/application.ts';
import type { Template, TemplateVariant } from '#domain/template.ts';
import type { StartRequest } from '#service/requests.ts';
import { type OpenedService, openService, refusalOf, take } from '#service/service.fixture.ts';
import type { Caller } from '#service/service.ts';

const phone = '+14155550123';
const variant: TemplateVariant = {
  channel: 'sms',
  language: 'en',
  prefix: null,
  subject: null,
  text: 'Shop code {{code}}',
  html: null,
};
const template: Template = { name: 'login', state: 'approved', purposes: [], variants: [variant] };

let opened: OpenedService;
before(async () => {
  opened = await openService();
});
after(() => opened.end());

/** An application with these templates, and a start in it. */
async function open(templates: readonly Template[], settings: Partial<ApplicationSettings> = {}) {
  const caller = await opened.newCaller(settings);
  for (const one of templates) {
    take(await opened.service.saveTemplate(caller.application.id, one));
  }
  return caller;
}

const startAs = (caller: Caller, request: Partial<StartRequest>) =>
  opened.service.startVerification(caller, { recipient: phone, ...request }, null);

/** The messages of a start that works. */
async function messagesOf(caller: Caller, request: Partial<StartRequest>) {
  const { id } = take(await startAs(caller, request)).view;
  return opened.provider.handed.filter(({ verificationId }) => verificationId === id);
}

test('a start without a template sends the built-in text in its language', async () => {
  const [message] = await messagesOf(await open([]), { language: 'de' });
  assert.equal(message?.language, 'de');
  assert.ok(message?.text.includes(message.code ?? ' '));
  assert.ok(message?.text.includes('Shop'));
});

test('a start sends the text of its template, of the request, or of the application', async () => {
  const other = { ...template, name: 'other', variants: [{ ...variant, text: '{{code}}: mine' }] };
  const caller = await open([template, other], { template: 'login' });
  const [usual] = await messagesOf(caller, {});
  assert.equal(usual?.text, `Shop code ${usual?.code}`);
  await opened.advance(30);
  const [named] = await messagesOf(caller, { template: 'other' });
  assert.equal(named?.text, `${named?.code}: mine`);
  await opened.advance(60);
  const [own] = await messagesOf(caller, { text: 'Hello {{otpValue}}' });
  assert.equal(own?.text, `Hello ${own?.code}`);
});

const uses: readonly [name: string, saved: Template | null, code: string][] = [
  ['that there is not', null, 'template_not_found'],
  ['that is a draft', { ...template, state: 'draft' }, 'template_invalid'],
  ['for another purpose', { ...template, purposes: ['payment'] }, 'template_invalid'],
];

for (const [name, saved, code] of uses) {
  test(`a template ${name} refuses the start, and nothing is sent or counted`, async () => {
    const caller = await open(saved === null ? [] : [saved]);
    const refusal = refusalOf(await startAs(caller, { template: 'login', purpose: 'login' }));
    assert.deepEqual([refusal.code, refusal.pointer], [code, '/template']);
    const [message] = await messagesOf(caller, {});
    assert.ok(message);
  });
}

test('a template that was changed is used at once as it is now', async () => {
  const caller = await open([template]);
  await messagesOf(caller, { template: 'login' });
  const changed = { ...template, variants: [{ ...variant, text: 'New: {{code}}' }] };
  take(await opened.service.saveTemplate(caller.application.id, changed));
  await opened.advance(30);
  const [message] = await messagesOf(caller, { template: 'login' });
  assert.equal(message?.text, `New: ${message?.code}`);
  take(await opened.service.deleteTemplate(caller.application.id, 'login'));
  await opened.advance(60);
  const refusal = refusalOf(await startAs(caller, { template: 'login' }));
  assert.equal(refusal.code, 'template_not_found');
});

test('one code goes over several channels, each at its own destination', async () => {
  const messages = await messagesOf(await open([]), {
    channels: [
      { channel: 'sms' },
      { channel: 'whatsapp' },
      { channel: 'email', to: 'Ana@Example.com' },
    ],
  });
  assert.deepEqual(
    messages.map(({ channel, destination }) => [channel, destination]),
    [
      ['sms', phone],
      ['whatsapp', phone],
      ['email', 'ana@example.com'],
    ],
  );
  assert.equal(new Set(messages.map(({ code }) => code)).size, 1);
  assert.equal(new Set(messages.map(({ deliveryId }) => deliveryId)).size, 3);
  assert.deepEqual(
    messages.map(({ subject }) => subject !== null),
    [false, false, true],
  );
});

test('the send limits of another destination hold for it, whoever is being proved', async () => {
  const caller = await open([]);
  await messagesOf(caller, { channels: [{ channel: 'email', to: 'ana@example.com' }] });
  const again = { recipient: '+14155550124', channels: [{ channel: 'email' as const }] };
  const channels = [{ channel: 'email' as const, to: 'ana@example.com' }];
  const refusal = refusalOf(await startAs(caller, { ...again, channels }));
  assert.equal(refusal.limit?.name, 'recipient_sends_interval');
  // The number itself got nothing yet.
  assert.equal((await messagesOf(caller, {})).length, 1);
});

test('the name of an application stands over its texts, and is left out of a call', async () => {
  const channels = [{ channel: 'sms' as const }, { channel: 'voice' as const }];
  const [text, call] = await messagesOf(await open([], { sender: 'ACME' }), { channels });
  assert.deepEqual([text?.sender, call?.sender], ['ACME', null]);
});

test('a text for a transaction shows what is paid and to whom, or is refused', async () => {
  const transaction = { amount: '12.50', currency: 'EUR', payee: 'Bakery' };
  const caller = await open([template]);
  const [message] = await messagesOf(caller, { transaction });
  assert.match(message?.text ?? '', /12[.,]50/);
  assert.match(message?.text ?? '', /Bakery/);
  await opened.advance(30);
  for (const [request, pointer] of [
    [{ template: 'login' }, '/template'],
    [{ text: 'Code {{code}}' }, '/text'],
  ] as const) {
    const refusal = refusalOf(await startAs(caller, { transaction, ...request }));
    assert.deepEqual([refusal.code, refusal.pointer], ['template_invalid', pointer]);
  }
});

test('what variables say is text, never a template', async () => {
  const variables = { name: `{{code}} \${code}` };
  const [message] = await messagesOf(await open([]), { text: 'Hi {{name}}: {{code}}', variables });
  assert.equal(message?.text, `Hi {{code}} \${code}: ${message?.code}`);
});

test('variables to look up are those that a start’s texts ask for, no others', async () => {
  const mail = { ...variant, channel: 'email', subject: 'For {{name}}', text: '{{code}}' } as const;
  const sms = { ...variant, text: '{{name}}, {{city}}: {{code}}' };
  const caller = await open([{ ...template, variants: [sms, mail] }]);
  const asked: string[] = [];
  const request = (data: Readonly<Record<string, string>>) => ({
    template: 'login',
    variablesFrom(name: string) {
      asked.push(name);
      return data[name];
    },
  });
  const given = { name: 'Ana', city: 'Rome', story: 'x'.repeat(10_000) };
  const [message] = await messagesOf(caller, request(given));
  assert.equal(message?.text, `Ana, Rome: ${message?.code}`);
  assert.deepEqual(asked, ['name', 'city']);
  await opened.advance(60);
  const [other] = await messagesOf(caller, {
    ...request({ name: 'Ann', city: 'x'.repeat(201) }),
    ...{ recipient: 'ann@example.com', channel: 'email' },
  });
  assert.equal(other?.subject, 'For Ann');
  const refused = [
    [{ name: 'Ana' }, /needs the variable city/],
    [{ name: 'Ana', city: 'x'.repeat(201) }, /variable city is longer than 200 .*Shorten/],
  ] as const;
  for (const [data, sentence] of refused) {
    const { code, detail } = refusalOf(await startAs(caller, request(data)));
    assert.equal(code, 'variables_invalid');
    assert.match(detail, sentence);
  }
});

test('only a text message ends with the line that a browser fills the code in from', async () => {
  const channels = [{ channel: 'sms' as const }, { channel: 'whatsapp' as const }];
  const [text, chat] = await messagesOf(await open([]), {
    channels,
    autofill: { webOrigin: 'https://example.com' },
  });
  assert.ok(text?.text.endsWith(`\n@example.com #${text.code}`));
  assert.ok(!chat?.text.includes('@example.com'));
});

test('a channel that no provider serves is refused by name', async () => {
  const caller = await open([]);
  const bare = { ...caller.application, settings: { ...caller.application.settings } };
  const application = { ...bare, settings: { ...bare.settings, providers: { sms: ['gone'] } } };
  const refusal = refusalOf(await startAs({ ...caller, application }, {}));
  assert.equal(refusal.code, 'channel_unavailable');
  assert.match(refusal.detail, /sms/);
});
