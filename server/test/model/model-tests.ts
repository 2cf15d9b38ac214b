/**
 * The invariants I1 to I9 of the product, on real servers over HTTP: sequences of commands, drawn
 * by chance, after each of which the server is compared with a model (docs/internals/model.md).
 * `npm run test:long` runs a hundred times as many.
 */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { rerunSaved, runSequences, withSite } from './run-sequences.ts';
import { missingFor, type TargetKind, targetKinds } from './targets.ts';

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

/** What happens in a hundred sequences too: the rarest of them came 59 times in 300. */
const mustHappenInFew = [
  'start 201',
  'start recipient_sends_interval',
  'resend 200',
  'resend verification_finished',
  'check approved',
  'check wrong_code',
  'check too_many_checks',
  'check already_used',
  'check expired',
  'check canceled',
  'cancel 200',
];

/** Fewer sequences than this need not meet all of them. */
const sequencesForAll = 1_000;

export function testModel(storage: TargetKind['storage']): void {
  for (const kind of targetKinds.filter((one) => one.storage === storage)) {
    const { name, sequences, sequencesWithCrashes } = kind;

    test(`on ${name} no sequence of commands breaks an invariant`, (context) =>
      unlessMissing(context, kind, () =>
        withSite({ storage, isDurable: false }, async (site) => {
          await context.test('nor does one that failed once', () => rerunSaved(site, kind));
          const run = { kind, sequences, seed, withCrashes: false };
          const { answers } = await runSequences(site, run);
          const wanted = sequences >= sequencesForAll ? mustHappen : mustHappenInFew;
          assert.deepEqual(
            wanted.filter((answer) => !answers.has(answer)),
            [],
          );
        }),
      ));

    test(`on ${name} no kill -9 in the middle of calls breaks an invariant`, (context) =>
      unlessMissing(context, kind, () =>
        withSite({ storage, isDurable: true }, async (site) => {
          const run = { kind, sequences: sequencesWithCrashes, seed, withCrashes: true };
          const { answers } = await runSequences(site, run);
          const cut = [...answers.keys()].filter((answer) => answer.endsWith(' cut off'));
          assert.notEqual(cut.length, 0, 'No call was under way when a node was killed.');
        }),
      ));
  }
}

async function unlessMissing(
  context: TestContext,
  kind: TargetKind,
  run: () => Promise<void>,
): Promise<void> {
  const missing = missingFor(kind);
  if (missing === null) return run();
  context.skip(missing);
}
