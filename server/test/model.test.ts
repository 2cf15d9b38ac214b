import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { rerunSaved, runSequences } from './model/run-sequences.ts';
import { missingFor, targetKinds } from './model/targets.ts';

/**
 * The invariants I1 to I9 of the product, on real servers over HTTP: sequences of commands, drawn
 * by chance, after each of which the server is compared with a model (docs/internals/model.md).
 * `npm run test:long` runs a hundred times as many.
 */
const seed = Number(process.env['WATCHWORD_TEST_SEED'] ?? randomInt(1_000_000_000));

/** Answers that must have come up, or the sequences do not try what they are there for. */
const mustHappen = [
  'start 201',
  'start repeated',
  'start idempotency_key_reused',
  'start recipient_sends_interval',
  'start recipient_sends_hour',
  'start recipient_sends_day',
  'start application_budget_day',
  'start verification_exists',
  'start code_invalid',
  'resend 200',
  'resend verification_resend_interval',
  'resend verification_finished',
  'check approved',
  'check wrong_code',
  'check too_many_checks',
  'check already_used',
  'check expired',
  'check canceled',
  'check repeated',
  'check verification_not_found',
  'recipient-check approved',
  'recipient-check wrong_code',
  'cancel 200',
  'cancel repeated',
];

for (const kind of targetKinds) {
  test(`on ${kind.name} sequences that failed once pass`, async (context) => {
    const missing = missingFor(kind);
    if (missing !== null) return context.skip(missing);
    await rerunSaved(kind);
  });

  test(`on ${kind.name} no sequence of commands breaks an invariant`, async (context) => {
    const missing = missingFor(kind);
    if (missing !== null) return context.skip(missing);
    const { sequences } = kind;
    const plan = { kind, sequences, servers: 3, seed, withCrashes: false };
    const { answers } = await runSequences(plan);
    const absent = mustHappen.filter((answer) => !answers.has(answer));
    if (sequences >= 1_000) assert.deepEqual(absent, []);
  });

  test(`on ${kind.name} no kill -9 in the middle of calls breaks an invariant`, async (context) => {
    const missing = missingFor(kind);
    if (missing !== null) return context.skip(missing);
    const sequences = kind.sequencesWithCrashes;
    await runSequences({ kind, sequences, servers: 2, seed, withCrashes: true });
  });
}
