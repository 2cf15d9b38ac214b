/**
 * `npm run test:long`: the model's sequences by the hundred thousand, for a night or a release.
 *
 * WATCHWORD_TEST_SEQUENCES   how many, over all targets together; 100000 when left out
 * WATCHWORD_TEST_CRASHES     how many more with kill -9 in the middle; a hundredth of that
 * WATCHWORD_TEST_DOORS       how many more through vendors' doors; a tenth of that, when left out
 * WATCHWORD_TEST_TOPICS      how many more over topics of Kafka; a hundredth of that
 * WATCHWORD_TEST_SEED        where chance begins; printed, so that a run can be repeated
 * WATCHWORD_TEST_TARGET      a part of the names of the targets to run on; all when left out
 *
 * Prints what to keep of a sequence that failed, goes on with the other targets, and ends with 1.
 */
import { randomInt } from 'node:crypto';
import { inspect } from 'node:util';
import { type KafkaSite, openSite as openKafkaSite } from './kafka/kafka-site.ts';
import {
  type Figures,
  type Plan,
  rerunSaved,
  runSequences,
  withSite,
} from './model/run-sequences.ts';
import {
  missingFor,
  type TargetKind,
  targetKinds,
  targetKindsOverTopics,
} from './model/targets.ts';

const progressEveryMs = 30_000;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function numberFrom(name: string, otherwise: number): number {
  const text = process.env[name];
  if (text === undefined || text === '') return otherwise;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0) throw new Error(`${name} must be a whole number.`);
  return number;
}

const total = { sequences: 0, calls: 0, failures: 0, begunMs: Date.now() };

function secondsSince(begunMs: number): string {
  return ((Date.now() - begunMs) / 1000).toFixed(0);
}

/** Says how far it is, not more often than people want to read. */
function reportProgress(of: number): (figures: Figures) => void {
  const begunMs = Date.now();
  let printedMs = begunMs;
  let callsBefore = 0;
  return ({ sequences, calls }) => {
    total.sequences += 1;
    total.calls += calls - callsBefore;
    callsBefore = calls;
    if (Date.now() - printedMs < progressEveryMs) return;
    printedMs = Date.now();
    const rate = (sequences * 1000) / (printedMs - begunMs);
    print(`  ${sequences} of ${of} sequences, ${calls} calls, ${rate.toFixed(1)} sequences/s`);
  };
}

async function runTarget(plan: Omit<Plan, 'onProgress'>, kafka?: KafkaSite): Promise<void> {
  const { kind, sequences, seed, withCrashes, withDoors } = plan;
  if (sequences === 0) return;
  const through = withDoors ? " through vendors' doors" : '';
  const name = `${kind.name}${through}${withCrashes ? ' with crashes' : ''}`;
  const also = kafka === undefined ? {} : { kafka };
  print(`${name}: ${sequences} sequences, seed ${seed}`);
  const begunMs = Date.now();
  await countFailure(() =>
    withSite({ storage: kind.storage, isDurable: withCrashes, ...also }, async (site) => {
      if (!withCrashes && !withDoors && !kind.overTopics) await rerunSaved(site, kind);
      const figures = await runSequences(site, { ...plan, onProgress: reportProgress(sequences) });
      const answers = [...figures.answers].sort((one, other) => other[1] - one[1]);
      for (const [answer, count] of answers) print(`  ${String(count).padStart(8)}  ${answer}`);
      print(`${name}: ${figures.sequences} sequences, ${figures.calls} calls`);
    }),
  );
  print(`${name}: ended after ${secondsSince(begunMs)} s`);
}

async function countFailure(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    total.failures += 1;
    process.exitCode = 1;
    // With the error that a saved sequence failed for, which is its cause.
    process.stderr.write(`${inspect(error)}\n`);
  }
}

function choose(kinds: readonly TargetKind[]): TargetKind[] {
  const wanted = process.env['WATCHWORD_TEST_TARGET'] ?? '';
  return kinds.filter((kind) => {
    const missing = kind.name.includes(wanted) ? missingFor(kind) : 'It was not asked for.';
    if (missing !== null) print(`${kind.name} is left out. ${missing}`);
    return missing === null;
  });
}

async function runOverTopics(sequences: number, seed: number): Promise<void> {
  const kafka = await openKafkaSite({ skip: (reason) => print(`No topics. ${reason}`) });
  if (kafka === null) return;
  try {
    for (const kind of choose(targetKindsOverTopics)) {
      const part = Math.ceil((sequences * kind.share) / 100);
      const plan = { kind, seed, sequences: part, withCrashes: false, withDoors: false };
      await runTarget(plan, kafka);
    }
  } finally {
    await kafka.end();
  }
}

async function main(): Promise<void> {
  const kinds = choose(targetKinds);
  const sequences = numberFrom('WATCHWORD_TEST_SEQUENCES', 100_000);
  const crashes = numberFrom('WATCHWORD_TEST_CRASHES', Math.ceil(sequences / 100));
  const doors = numberFrom('WATCHWORD_TEST_DOORS', Math.ceil(sequences / 10));
  const seed = numberFrom('WATCHWORD_TEST_SEED', randomInt(1_000_000_000));
  const shares = kinds.reduce((sum, { share }) => sum + share, 0);
  for (const kind of kinds) {
    const partOf = (all: number) => Math.ceil((all * kind.share) / shares);
    // Crashes are where several processes differ the most, so each kind has as many.
    const crashPart = Math.ceil(crashes / kinds.length);
    const doorCrashes = Math.ceil((crashPart * doors) / Math.max(1, sequences));
    const plain = { kind, seed, withDoors: false };
    await runTarget({ ...plain, sequences: partOf(sequences), withCrashes: false });
    await runTarget({ ...plain, sequences: crashPart, withCrashes: true });
    const throughDoors = { kind, seed, withDoors: true };
    await runTarget({ ...throughDoors, sequences: partOf(doors), withCrashes: false });
    await runTarget({ ...throughDoors, sequences: doorCrashes, withCrashes: true });
  }
  const overTopics = numberFrom('WATCHWORD_TEST_TOPICS', Math.ceil(sequences / 100));
  if (overTopics > 0) await runOverTopics(overTopics, seed);
  print(
    `In all ${total.sequences} sequences, ${total.calls} calls, ${total.failures} failures, ` +
      `${secondsSince(total.begunMs)} s`,
  );
}

await main();
