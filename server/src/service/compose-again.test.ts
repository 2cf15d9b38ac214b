import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ApplicationSettings } from '#domain/application.ts';
import type { Template } from '#domain/template.ts';
import { createComposeAgain } from '#service/compose-again.ts';
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
import { createTemplateLibrary } from '#service/template-library.ts';

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

/** A message whose text was changed to one that takes other parts, each at 0.10 of the budget. */
async function sendChanged(parts: {
  name?: string;
  request?: Partial<StartRequest>;
  before: string;
  /** Null deletes the template. */
  after: string | null;
}) {
  const price = (count: number) => ({ amount: (count / 10).toFixed(2), currency: 'USD' });
  const own = createTestProvider();
  own.quote = ({ parts: count }) => price(count);
  const bench = await openService({ providers: [own] });
  try {
    const { service } = bench;
    const template = (text: string): Template => ({
      ...{ name: 'welcome', state: 'approved', purposes: [] },
      variants: [{ ...variant, channel: 'sms', text }],
    });
    const settings = {
      countries: 'all',
      dailyBudget: { amount: '0.30', currency: 'USD' },
    } as const;
    const name = parts.name ?? 'Shop';
    const application = take(await service.createApplication(name, settings));
    const caller = { application, origin: 'api' };
    take(await service.saveTemplate(application.id, template(parts.before)));
    own.answer = () => unavailable;
    const { id } = await bench.start(caller, { template: 'welcome', ...parts.request });
    await bench.whenIdle();
    const [first] = own.handed.splice(0);
    if (parts.after === null) await service.deleteTemplate(application.id, 'welcome');
    else take(await service.saveTemplate(application.id, template(parts.after)));
    own.answer = () => accepted;
    await bench.advance(2);
    await bench.whenIdle();
    const { deliveries } = take(await service.readVerification(caller, id));
    const [delivery] = deliveries;
    assert.ok(delivery);
    // What is left of the budget, by starts of one part each.
    let startsLeft = 0;
    for (; startsLeft < 5; startsLeft += 1) {
      const request = { recipient: `+1415555020${startsLeft}` };
      if (!(await service.startVerification(caller, request, null)).ok) break;
    }
    await bench.whenIdle();
    const handed = own.handed.filter(({ verificationId }) => verificationId === id);
    return { first, second: handed[0], delivery, startsLeft };
  } finally {
    await bench.end();
  }
}

const longText = `${'Long text. '.repeat(15)}{{code}}`;

test('a text that grew beyond what was reserved gives way to the built-in one', async () => {
  const { first, second, delivery, startsLeft } = await sendChanged({
    before: 'Code {{code}}',
    after: longText,
  });
  assert.equal(second?.text, builtIn(first?.code));
  assert.deepEqual([delivery.status, delivery.parts], ['sent', 1]);
  assert.equal(startsLeft, 2);
});

test('a text that grew within what was reserved goes out', async () => {
  const { first, second, delivery, startsLeft } = await sendChanged({
    before: longText,
    after: `Corrected. ${longText}`,
  });
  assert.ok(second?.text.startsWith('Corrected.'));
  assert.deepEqual([first?.parts, delivery.parts], [2, 2]);
  assert.equal(startsLeft, 1);
});

test('a text that shrank is told and paid as what was sent', async () => {
  const { first, delivery, startsLeft } = await sendChanged({
    before: longText,
    after: 'Code {{code}}',
  });
  assert.equal(first?.parts, 2);
  assert.deepEqual([delivery.status, delivery.parts], ['sent', 1]);
  assert.equal(startsLeft, 2);
});

for (const [name, after] of [
  ['a template that is gone', null],
  ['a template that grew', longText],
] as const) {
  test(`${name} and a built-in text that is too long end the delivery`, async () => {
    const { second, delivery, startsLeft } = await sendChanged({
      name: 'm'.repeat(40),
      request: { language: 'hi' },
      before: 'Code {{code}}',
      after,
    });
    assert.equal(second, undefined);
    const error = 'The text now takes more parts than were reserved for it.';
    assert.deepEqual([delivery.status, delivery.error], ['failed', error]);
    assert.equal(delivery.provider, 'carrier');
    // Nothing was sent, so what was reserved is free again.
    assert.equal(startsLeft, 3);
  });
}

test('a message that no text can be made for is ended instead of waiting', async () => {
  const { service, storage, vault, provider } = opened;
  const { application, ...caller } = await opened.newCaller();
  take(await service.saveTemplate(application.id, template));
  provider.answer = () => unavailable;
  const { id } = await opened.start({ application, ...caller }, welcome);
  await opened.whenIdle();
  take(await service.deleteTemplate(application.id, 'welcome'));
  const library = createTemplateLibrary(storage);
  // No built-in text asks for a variable; one that did would be refused just so.
  const asking = library.inline(
    { text: '{{code}} {{surname}}', subject: null, html: null },
    'once',
  );
  assert.ok(asking.ok);
  const builtInAsking = () => ({ parsed: asking.value, language: 'en' });
  const templates = { ...library, builtIn: builtInAsking };
  const composeAgain = createComposeAgain({ vault, templates });
  await storage.sandbox.advanceClock(2_000);
  const due = await storage.claimDeliveries(10, 0);
  const claimed = due.find(({ verification }) => verification.id === id);
  assert.ok(claimed);
  assert.deepEqual(await composeAgain(application, claimed), {
    error: 'No text can be made for the message any more.',
  });
});
