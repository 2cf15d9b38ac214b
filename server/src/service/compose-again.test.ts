import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ApplicationSettings } from '#domain/application.ts';
import type { Template } from '#domain/template.ts';
import type { OutboundMessage, SendOutcome } from '#service/provider-port.ts';
import type { StartRequest } from '#service/requests.ts';
import {
  accepted,
  createTestProvider,
  type OpenedService,
  openService,
  take,
} from '#service/service.fixture.ts';
import type { Caller } from '#service/service.ts';

const unavailable: SendOutcome = { kind: 'unavailable', error: 'Not now.' };

let opened: OpenedService;
before(async () => {
  const price = { amount: '0.10', currency: 'USD' };
  opened = await openService({ providers: [createTestProvider({ price })] });
});
after(() => opened.end());

/** What the first hand-over of each message was, and what the second one is. */
async function sendTwice(
  request: Partial<StartRequest>,
  options: {
    settings?: Partial<ApplicationSettings>;
    template?: Template;
    inBetween?: (caller: Caller) => Promise<unknown>;
  } = {},
): Promise<{ first: OutboundMessage[]; second: OutboundMessage[] }> {
  const { provider, service } = opened;
  const caller = await opened.newCaller(options.settings ?? {});
  const { id } = caller.application;
  if (options.template !== undefined) take(await service.saveTemplate(id, options.template));
  provider.handed.length = 0;
  provider.answer = () => unavailable;
  await opened.start(caller, request);
  await opened.whenIdle();
  const first = provider.handed.splice(0);
  await options.inBetween?.(caller);
  provider.answer = () => accepted;
  await opened.advance(2);
  return { first, second: provider.handed.splice(0) };
}

function byId(messages: readonly OutboundMessage[]): OutboundMessage[] {
  return messages.toSorted((one, other) => (one.deliveryId < other.deliveryId ? -1 : 1));
}

const variant = { language: 'en', prefix: null, subject: null, html: null } as const;
const template: Template = {
  name: 'welcome',
  state: 'approved',
  purposes: [],
  variants: [{ ...variant, channel: 'sms', text: 'Welcome {{name}}, your code is {{code}}.' }],
};
const welcome = { template: 'welcome', variables: { name: 'Ann' } };
const payment = { amount: '12.50', currency: 'EUR', payee: 'Shop & Co' };

const requests: readonly [name: string, request: Partial<StartRequest>][] = [
  ['the built-in text', {}],
  ['a text of the request', { text: 'Code {{code}} for {{who}}', variables: { who: 'Bob' } }],
  ['a template', welcome],
  ['a transaction', { transaction: payment, language: 'de' }],
  ['a code of the caller', { customCode: 'AbC123' }],
  ['autofill', { autofill: { androidAppHash: 'abcdefghijk', webOrigin: 'https://shop.example' } }],
  ['an e-mail address', { recipient: 'ann@example.com', language: 'fr' }],
  ['a sender', { sender: 'Shop' }],
  [
    'several places',
    {
      channels: [
        { channel: 'sms', to: '+14155550101' },
        { channel: 'whatsapp' },
        { channel: 'sms', to: '+14155550102' },
        { channel: 'email', to: 'ann@example.com' },
        { channel: 'sms', to: '+14155550103' },
      ],
    },
  ],
];
for (const [name, request] of requests) {
  test(`the second hand-over of a message with ${name} is as the first one`, async () => {
    const { first, second } = await sendTwice(request, { template });
    assert.equal(first.length, request.channels?.length ?? 1);
    assert.deepEqual(byId(second), byId(first));
  });
}

test('a resend composed again goes where it went first', async () => {
  const { provider, service } = opened;
  const caller = await opened.newCaller();
  const to = ['+14155550101', '+14155550102'];
  provider.answer = () => accepted;
  const channels = to.map((number) => ({ channel: 'sms', to: number }) as const);
  const { id: verificationId } = await opened.start(caller, { channels });
  await opened.whenIdle();
  for (const [channel, places] of [
    ['sms', to],
    ['whatsapp', ['+14155550123']],
  ] as const) {
    await opened.advance(60);
    provider.handed.length = 0;
    provider.answer = () => unavailable;
    take(await service.resendCode(caller, { verificationId, channel }, null));
    await opened.whenIdle();
    const first = provider.handed.splice(0);
    provider.answer = () => accepted;
    await opened.advance(2);
    assert.deepEqual(byId(provider.handed), byId(first));
    assert.deepEqual(
      first.map(({ destination }) => destination),
      places,
    );
  }
});

test('a template that was corrected counts for what is still to be sent', async () => {
  const text = 'Hello {{name}}: {{code}}';
  const corrected = { ...template, variants: [{ ...variant, channel: 'sms', text }] } as const;
  const { first, second } = await sendTwice(welcome, {
    template,
    inBetween: ({ application }) => opened.service.saveTemplate(application.id, corrected),
  });
  assert.equal(second[0]?.text, `Hello Ann: ${first[0]?.code}`);
});

function builtIn(code: string | null | undefined): string {
  return `${code} is your Shop code. It is valid for 5 min. Do not share it with anyone.`;
}

const [only] = template.variants;
assert.ok(only);
const lost: readonly [name: string, change: (id: string) => Promise<unknown>][] = [
  ['was deleted', (id) => opened.service.deleteTemplate(id, 'welcome')],
  [
    'asks for a variable more',
    (id) => {
      const text = `${only.text} {{surname}}`;
      return opened.service.saveTemplate(id, { ...template, variants: [{ ...only, text }] });
    },
  ],
  [
    'is for another purpose now',
    (id) => opened.service.saveTemplate(id, { ...template, purposes: ['payment'] }),
  ],
];
for (const [name, change] of lost) {
  test(`a message whose template ${name} goes out with the built-in text`, async () => {
    const { first, second } = await sendTwice(
      { ...welcome, autofill: { androidAppHash: 'abcdefghijk' } },
      { template, inBetween: ({ application }) => change(application.id) },
    );
    assert.equal(second.length, 1);
    assert.equal(second[0]?.code, first[0]?.code);
    assert.equal(second[0]?.text, builtIn(first[0]?.code));
  });
}

test('a payment whose template is gone is still shown with amount and payee', async () => {
  const text = '{{payee}} gets {{amount}} {{currency}}: {{code}}';
  const { second } = await sendTwice(
    { ...welcome, transaction: payment },
    {
      template: { ...template, variants: [{ ...only, text }] },
      inBetween: ({ application }) => opened.service.deleteTemplate(application.id, 'welcome'),
    },
  );
  for (const shown of [payment.amount, payment.payee]) assert.ok(second[0]?.text.includes(shown));
});
