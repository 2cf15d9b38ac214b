/**
 * The invariants I1 to I9 of the product, on real servers over HTTP: sequences of commands, drawn
 * by chance, after each of which the server is compared with a model (docs/internals/model.md).
 * `npm run test:long` runs a hundred times as many.
 */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { openSite as openKafkaSite } from '../kafka/kafka-site.ts';
import {
  mustHappen,
  mustHappenInFew,
  mustHappenOverTopics,
  mustHappenThroughDoors,
} from './must-happen.ts';
import { rerunSaved, runSequences, withSite } from './run-sequences.ts';
import { missingFor, type TargetKind, targetKinds, targetKindsOverTopics } from './targets.ts';

const seed = Number(process.env['WATCHWORD_TEST_SEED'] ?? randomInt(1_000_000_000));

/** Fewer sequences than this need not meet all answers. */
const sequencesForAll = 400;

const roundsMax = 3;

export function testModel(storage: TargetKind['storage']): void {
  for (const kind of kindsWith(storage)) {
    const { name, sequences, sequencesWithCrashes } = kind;

    test(`on ${name} no sequence of commands breaks an invariant`, (context) =>
      unlessMissing(context, kind, () =>
        withSite({ storage, isDurable: false }, async (site) => {
          await context.test('nor does one that failed once', () => rerunSaved(site, kind));
          const wanted = sequences >= sequencesForAll ? mustHappen : mustHappenInFew;
          const run = { kind, sequences, seed, withCrashes: false, withDoors: false };
          assertHappened((await runSequences(site, run)).answers, wanted);
        }),
      ));

    test(`on ${name} no kill -9 in the middle of calls breaks an invariant`, (context) =>
      unlessMissing(context, kind, () =>
        withSite({ storage, isDurable: true }, async (site) => {
          const crashing = { kind, sequences: sequencesWithCrashes, seed, withCrashes: true };
          assertCut((await runSequences(site, { ...crashing, withDoors: false })).answers);
        }),
      ));
  }
}

/** The same with vendors' calls among ours, on the same recipients and at once. */
export function testModelThroughDoors(storage: TargetKind['storage']): void {
  for (const kind of kindsWith(storage)) {
    const { sequencesThroughDoors: sequences, name } = kind;
    if (sequences === 0) continue;

    test(`on ${name} no sequence through several doors breaks an invariant`, (context) =>
      unlessMissing(context, kind, () =>
        withSite({ storage, isDurable: false }, async (site) => {
          const run = { kind, sequences, withCrashes: false, withDoors: true };
          let missing = sequences >= sequencesForAll ? mustHappenThroughDoors : [];
          // The rarest come up some ten times; what chance has left out has more chances.
          for (let round = 0; round === 0 || (round < roundsMax && missing.length > 0); round++) {
            const { answers } = await runSequences(site, { ...run, seed: seed + round });
            missing = missing.filter((answer) => !answers.has(answer));
          }
          assert.deepEqual(missing, []);
        }),
      ));

    test(`on ${name} no kill -9 in the middle of vendors' calls breaks one`, (context) =>
      unlessMissing(context, kind, () =>
        withSite({ storage, isDurable: true }, async (site) => {
          const count = kind.sequencesThroughDoorsWithCrashes;
          const crashing = { kind, sequences: count, seed, withCrashes: true };
          await runSequences(site, { ...crashing, withDoors: true });
        }),
      ));
  }
}

/** The same with commands of FlowX.AI and our own over a real broker, beside calls over HTTP. */
export function testModelThroughKafka(storage: TargetKind['storage']): void {
  for (const kind of targetKindsOverTopics.filter((one) => one.storage === storage)) {
    test(`on ${kind.name} no sequence over topics breaks an invariant`, (context) =>
      unlessMissing(context, kind, async () => {
        const kafka = await openKafkaSite(context);
        if (kafka === null) return;
        try {
          const { sequences } = kind;
          await withSite({ storage, isDurable: false, kafka }, async (site) => {
            const run = { kind, sequences, seed, withCrashes: false, withDoors: false };
            const { answers } = await runSequences(site, run);
            if (storage === 'sqlite') assertHappened(answers, mustHappenOverTopics);
          });
        } finally {
          await kafka.end();
        }
      }));
  }
}

function kindsWith(storage: TargetKind['storage']): TargetKind[] {
  return targetKinds.filter((one) => one.storage === storage);
}

function assertHappened(answers: ReadonlyMap<string, number>, wanted: readonly string[]): void {
  assert.deepEqual(
    wanted.filter((answer) => !answers.has(answer)),
    [],
  );
}

function assertCut(answers: ReadonlyMap<string, number>): void {
  const cut = [...answers.keys()].filter((answer) => answer.endsWith(' cut off'));
  assert.notEqual(cut.length, 0, 'No call was under way when a node was killed.');
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
