import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseRecipient } from '#domain/recipient.ts';
import type { SandboxInbox, SandboxMessage } from '#service/provider-port.ts';
import { createEgress } from '../egress/egress.ts';
import { describeProvider, exampleMessage, type Scene } from '../provider.contract.ts';
import { createSandboxProvider } from './sandbox-provider.ts';
import { behaviourOf, fixedCodeFor, testRecipients } from './test-recipients.ts';

type Receipt = Parameters<SandboxInbox['reportReceipt']>[1];

interface Phone {
  readonly messages: SandboxMessage[];
  readonly inbox: SandboxInbox;
  /** The next receipt. */
  receipt(): Promise<Receipt>;
}

function createPhone(): Phone {
  const messages: SandboxMessage[] = [];
  const waiting: ((receipt: Receipt) => void)[] = [];
  return {
    messages,
    receipt: () => new Promise((done) => waiting.push(done)),
    inbox: {
      put: async (message) => {
        const kept = { ...message, id: `msg_${messages.length}`, atMs: 0 };
        messages.push(kept);
        return kept;
      },
      reportReceipt: (_, receipt) => waiting.shift()?.(receipt),
    },
  };
}

function sandboxOn(inbox: SandboxInbox | undefined) {
  const settings = { name: 'sandbox', kind: 'sandbox' } as const;
  const price = { currency: 'USD', perPart: '0.01' };
  const context = { egress: createEgress({ allow: [] }), environment: {}, inbox };
  return createSandboxProvider({ ...settings, price }, context);
}

function openSandbox(phone: Phone) {
  const made = sandboxOn(phone.inbox);
  assert.ok(made.ok);
  return made.value;
}

const numberFor: Readonly<Record<Scene, string>> = {
  takes: '+14155550123',
  refuses: '+12025550191',
  silent: '+12025550192',
  'nobody-there': '+12025550193',
};

describeProvider('sandbox', async (scene) => ({
  provider: openSandbox(createPhone()),
  message: exampleMessage({ destination: numberFor[scene] }),
  secrets: [],
  end: async () => undefined,
}));

const never = new AbortController().signal;

test('a message arrives on the virtual phone as it was sent, and its receipt follows', async () => {
  const phone = createPhone();
  const receipt = phone.receipt();
  const message = exampleMessage({ subject: 'Code', html: '<b>739105</b>', parts: 2 });
  const outcome = await openSandbox(phone).send(message, never);
  assert.deepEqual(outcome, { kind: 'accepted', providerMessageId: 'msg_0' });
  const { recipient, text, html, subject, parts, sender } = phone.messages[0] ?? {};
  assert.deepEqual(
    [recipient, text, html, subject, parts, sender],
    ['+14155550123', message.text, '<b>739105</b>', 'Code', 2, 'ACME'],
  );
  assert.deepEqual(await receipt, { status: 'delivered', error: null });
});

test('a message to the undelivered test recipient is taken, and reported later', async () => {
  const phone = createPhone();
  const receipt = phone.receipt();
  const message = exampleMessage({ destination: '+12025550194' });
  assert.equal((await openSandbox(phone).send(message, never)).kind, 'accepted');
  assert.equal((await receipt).status, 'undelivered');
});

test('nothing arrives from recipients that are refused, silent or unavailable', async () => {
  const phone = createPhone();
  const sandbox = openSandbox(phone);
  for (const local of ['refused', 'timeout', 'unavailable']) {
    const message = exampleMessage({ channel: 'email', destination: `${local}@watchword.test` });
    assert.notEqual((await sandbox.send(message, AbortSignal.timeout(1))).kind, 'accepted');
  }
  assert.equal(phone.messages.length, 0);
});

test('closing ends a hand-over that waits for its time-out', async () => {
  const sandbox = openSandbox(createPhone());
  const waiting = sandbox.send(exampleMessage({ destination: '+12025550192' }), never);
  await sandbox.close();
  assert.equal((await waiting).kind, 'unknown');
});

test('a phone that cannot keep a message makes the sandbox unavailable', async () => {
  const phone = createPhone();
  const broken: SandboxInbox = { ...phone.inbox, put: () => Promise.reject(new Error('disk')) };
  const outcome = await openSandbox({ ...phone, inbox: broken }).send(exampleMessage(), never);
  assert.equal(outcome.kind, 'unavailable');
});

test('there is no sandbox where there is no virtual phone', () => {
  const made = sandboxOn(undefined);
  assert.match(made.ok ? '' : (made.error[0] ?? ''), /in development only/);
});

for (const { recipient, kind } of testRecipients) {
  test(`the test recipient ${recipient} is real to our parser and means ${kind}`, () => {
    const parsed = parseRecipient(recipient);
    assert.ok(parsed.ok);
    assert.equal(parsed.value.canonical, recipient);
    assert.equal(behaviourOf(recipient), kind);
    assert.equal(fixedCodeFor(recipient, 6, 'digits') !== null, kind === 'fixed-code');
  });
}

test('the page of test recipients names all of them, and the fixed code', () => {
  const page = readFileSync(
    new URL('../../../../docs/reference/test-recipients.md', import.meta.url),
    'utf8',
  );
  for (const { recipient } of testRecipients)
    assert.ok(page.includes(`\`${recipient}\``), recipient);
  for (const alphabet of ['digits', 'letters', 'alphanumeric'] as const) {
    assert.ok(page.includes(fixedCodeFor('+12025550190', 10, alphabet) ?? 'nothing'), alphabet);
  }
});

test('every behaviour has a number and an address', () => {
  const kinds = new Set(testRecipients.map(({ kind }) => kind));
  for (const kind of kinds) {
    const ofKind = testRecipients.filter((one) => one.kind === kind);
    assert.deepEqual(ofKind.map((one) => one.recipient.includes('@')).sort(), [false, true]);
  }
  assert.equal(kinds.size, 5);
});

test('the fixed code follows the length and the alphabet asked for', () => {
  assert.equal(fixedCodeFor('+12025550190', 6, 'digits'), '424242');
  assert.equal(fixedCodeFor('fixed@watchword.test', 10, 'digits'), '4242424242');
  assert.equal(fixedCodeFor('+12025550190', 4, 'letters'), 'WATC');
  assert.equal(fixedCodeFor('+12025550190', 8, 'alphanumeric'), 'WATCH42W');
  assert.equal(fixedCodeFor('+14155550123', 6, 'digits'), null);
});
