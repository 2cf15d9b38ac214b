import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { defaultSettings } from '#domain/application.ts';
import type { StartStep } from '#service/ports.ts';
import { limited, makeId, newDelivery, startStepOf } from '#storage/contract/fixture.ts';
import type { TimeSource } from '#storage/sqlite/clock.ts';
import { type Engine, openEngine } from '#storage/sqlite/engine.ts';
import type { Answer, Arguments, Operation, Verb } from '#storage/sqlite/handlers.ts';
import { createRecent } from '#storage/steps/recent.ts';

/** A server, and a tool on the same file that remembers nothing of what the server does. */
interface Opened {
  readonly server: Engine;
  readonly tool: Engine;
  readonly applicationId: string;
}

/** Stands still, so that no engine writes the time down and is seen by the other by that. */
const standing: TimeSource = { wallMs: () => 1_800_000_000_000, monotonicMs: () => 0 };

function withBoth(body: (opened: Opened) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-recent-'));
  const server = openEngine({ folder, role: 'server' }, standing);
  const tool = openEngine({ folder, role: 'tool' }, standing);
  const applicationId = makeId('app');
  const application = { id: applicationId, name: 'one', settings: defaultSettings };
  ask(server, 'createApplication', [{ ...application, createdAtMs: 0 }]);
  try {
    body({ server, tool, applicationId });
  } finally {
    tool.close();
    server.close();
    rmSync(folder, { recursive: true });
  }
}

function promise(name: string, body: (opened: Opened) => void): void {
  test(name, () => withBoth(body));
}

function operation<Of extends Verb>(verb: Of, args: Arguments<Of>): Operation {
  return { verb, args } as unknown as Operation;
}

function ask<Of extends Verb>(engine: Engine, verb: Of, args: Arguments<Of>): Answer<Of> {
  const [outcome] = engine.run([operation(verb, args)]);
  assert.ok(outcome?.ok, JSON.stringify(outcome));
  return outcome.value as Answer<Of>;
}

function consume({ applicationId }: Opened, verificationId: string): Arguments<'consumeGuess'> {
  const nothing = { address: null, transactionHash: undefined, idempotency: null };
  return [{ applicationId, verificationId, transactionRequired: false, ...nothing }];
}

function cancel(
  { applicationId }: Opened,
  verificationId: string,
): Arguments<'cancelVerification'> {
  return [{ applicationId, verificationId, event: 'cancel', idempotency: null }];
}

const actions = [
  'consume',
  'right',
  'wrong',
  'resend',
  'cancel',
  'sent',
  'receipt',
  'fail',
] as const;

/** Does one thing to a verification, whatever comes of it. */
function act(opened: Opened, action: (typeof actions)[number], step: StartStep): void {
  const { server, applicationId } = opened;
  const { id: verificationId } = step.verification;
  const [delivery] = step.deliveries;
  assert.ok(delivery);
  switch (action) {
    case 'consume':
      server.run([operation('consumeGuess', consume(opened, verificationId))]);
      return;
    case 'right':
    case 'wrong': {
      const consumed = ask(server, 'consumeGuess', consume(opened, verificationId));
      if (consumed.kind !== 'consumed') return;
      const { chargedAtMs, verification } = consumed;
      const settle = { applicationId, verificationId, chargedAtMs, addressKey: null };
      const { codeVersion } = verification;
      const isRight = action === 'right';
      ask(server, 'settleGuess', [{ ...settle, codeVersion, isRight, idempotency: null }]);
      return;
    }
    case 'resend': {
      const code = { sealedCode: 'another', codeBits: 19.93 };
      const base = { applicationId, verificationId, code, codeVersion: 1, channel: 'sms' } as const;
      const none = { ledgers: [], budgets: [], idempotency: null, leaseMs: 0 };
      ask(server, 'advanceClock', [60_000]);
      ask(server, 'resendCode', [{ ...base, ...none, deliveries: [newDelivery()] }]);
      return;
    }
    case 'cancel':
      ask(server, 'cancelVerification', cancel(opened, verificationId));
      return;
    case 'sent':
      recordAttempt(server, delivery.id, 'sent');
      return;
    case 'fail':
      recordAttempt(server, delivery.id, 'queued');
      return;
    case 'receipt':
      ask(server, 'recordReceipt', [{ deliveryId: delivery.id, status: 'delivered', error: null }]);
      return;
    default:
      action satisfies never;
  }
}

function recordAttempt(engine: Engine, deliveryId: string, status: 'sent' | 'queued'): void {
  const told = { providerMessageId: 'message', costMicros: null, currency: null, error: null };
  const result = { deliveryId, status, provider: 'one', wasTried: true, retryInMs: 0, ...told };
  ask(engine, 'recordAttempts', [[{ ...result, isPossibleDuplicate: false }]]);
}

test('what is remembered is what the file holds, after whatever was done', () => {
  withBoth((opened) => {
    const { server, tool, applicationId } = opened;
    const step = fc.tuple(fc.constantFrom(...actions), fc.nat(2));
    const lives = fc.array(step, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(lives, (list) => {
        const steps = [0, 1, 2].map(() => startStepOf({ applicationId, recipient: makeId('req') }));
        for (const one of steps) ask(server, 'startVerification', [one]);
        for (const [action, at] of list) {
          const one = steps[at] ?? steps[0];
          assert.ok(one);
          act(opened, action, one);
          const args: [string, string] = [applicationId, one.verification.id];
          const remembered = ask(server, 'readVerification', args);
          assert.deepEqual(remembered, ask(tool, 'readVerification', args));
        }
      }),
      { numRuns: 60 },
    );
  });
});

promise('what is remembered gives way at once to what another process wrote', (opened) => {
  const { server, tool, applicationId } = opened;
  const step = startStepOf({ applicationId });
  ask(server, 'startVerification', [step]);
  const { id } = step.verification;
  assert.equal(ask(server, 'consumeGuess', consume(opened, id)).kind, 'consumed');
  ask(tool, 'cancelVerification', cancel(opened, id));
  assert.equal(ask(server, 'consumeGuess', consume(opened, id)).kind, 'not_admitted');
  // The ledger too: the recipient is free again, and nothing is superseded.
  const again = ask(server, 'startVerification', [startStepOf({ applicationId })]);
  assert.equal(again.kind === 'started' && again.supersededId, null);
});

promise('nothing is remembered of an operation that failed half-way', (opened) => {
  const { server, applicationId } = opened;
  const ledgers = [limited('+14155550123', 1, 3_600)];
  const first = startStepOf({ applicationId, recipient: 'somebody else' });
  ask(server, 'startVerification', [first]);
  // The verification and the ledger are written before its delivery is found to be taken.
  const failing = startStepOf({ applicationId, ledgers, deliveries: first.deliveries });
  const next = startStepOf({ applicationId, recipient: 'a third' });
  const outcomes = server.run([
    operation('consumeGuess', consume(opened, first.verification.id)),
    operation('startVerification', [failing]),
    operation('startVerification', [next]),
  ]);
  assert.deepEqual(
    outcomes.map(({ ok }) => ok),
    [true, false, true],
  );
  const read = (id: string) => ask(server, 'readVerification', [applicationId, id]);
  assert.equal(read(failing.verification.id), null);
  assert.equal(read(first.verification.id)?.verification.checksUsed, 1);
  assert.ok(read(next.verification.id));
  const started = ask(server, 'startVerification', [startStepOf({ applicationId, ledgers })]);
  assert.equal(started.kind, 'started');
});

promise('guesses are counted alike in one batch and in many, and after a reset', (opened) => {
  const { server, tool, applicationId } = opened;
  const guess = (isRight: boolean) => {
    const step = startStepOf({ applicationId, recipient: makeId('req') });
    ask(server, 'startVerification', [step]);
    act(opened, isRight ? 'right' : 'wrong', step);
  };
  const counted = () =>
    tool.database.prepareTuples<[number, number]>('SELECT sum(wrong), sum(right) FROM tally').get();
  for (let nth = 0; nth < 6; nth++) guess(nth < 4);
  assert.deepEqual(counted(), [2, 4]);
  const step = startStepOf({ applicationId, recipient: makeId('req') });
  ask(server, 'startVerification', [step]);
  const { chargedAtMs } = ask(server, 'consumeGuess', consume(opened, step.verification.id)) as {
    chargedAtMs: number;
  };
  const settle = { applicationId, verificationId: step.verification.id, codeVersion: 1 };
  const rest = { chargedAtMs, isRight: false, addressKey: null, idempotency: null };
  server.run([
    operation('settleGuess', [{ ...settle, ...rest }]),
    operation('reset', [applicationId]),
  ]);
  assert.deepEqual(counted(), [null, null]);
  guess(false);
  assert.deepEqual(counted(), [1, 0]);
});

test('what is large is dropped earlier: no more bytes are kept than were said', () => {
  const recent = createRecent<string>(1_000, (text) => text.length, 10_000);
  const sizes = [
    ...Array<number>(300).fill(90),
    ...Array<number>(20).fill(2_000),
    9_000,
    9_000,
    50,
  ];
  for (const [name, size] of sizes.entries()) {
    recent.set(`${name}`, 'x'.repeat(size));
    assert.equal(recent.get(`${name}`)?.length, size);
    // Again: what is written often is not kept more than once, and counts at least once.
    recent.set(`${name}`, 'y'.repeat(size));
    const kept = sizes.map((_, at) => recent.get(`${at}`)?.length ?? 0);
    const bytes = kept.reduce((sum, length) => sum + length, 0);
    assert.ok(bytes <= 10_000 || size === 9_000, `${bytes} bytes are kept`);
  }
  assert.equal(recent.get(`${sizes.length - 2}`)?.length, 9_000);
});

test('what was not asked for lately is dropped, and never more is kept than was said', () => {
  const recent = createRecent<number>(10);
  for (let value = 0; value < 100; value++) recent.set(`${value}`, value);
  const kept = Array.from({ length: 100 }, (_, value) => recent.get(`${value}`)).filter(
    (value) => value !== undefined,
  );
  assert.ok(kept.length >= 5 && kept.length <= 10, `${kept.length} are kept`);
  assert.equal(recent.get('99'), 99);
  recent.set('99', -1);
  assert.equal(recent.get('99'), -1);
  recent.delete('99');
  assert.equal(recent.get('99'), undefined);
});
