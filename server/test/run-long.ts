/**
 * `npm run test:long`: the model's sequences by the hundred thousand, for a night or a release.
 *
 * WATCHWORD_TEST_SEQUENCES   how many, over all targets together; 100000 when left out
 * WATCHWORD_TEST_CRASHES     how many more with kill -9 in the middle; a hundredth of that
 * WATCHWORD_TEST_SEED        where chance begins; printed, so that a run can be repeated
 * WATCHWORD_TEST_TARGET      a part of the names of the targets to run on; all when left out
 *
 * Ends with 1 when a sequence failed, and prints what to keep of it.
 */
import { randomInt } from 'node:crypto';
import { type Figures, rerunSaved, runSequences } from './model/run-sequences.ts';
import { missingFor, type TargetKind, targetKinds } from './model/targets.ts';

const progressEveryMs = 10_000;

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

/** Says how far it is, not more often than people want to read. */
function reportProgress(of: number): (figures: Figures) => void {
  const begunMs = Date.now();
  let printedMs = begunMs;
  return ({ sequences, calls }) => {
    if (Date.now() - printedMs < progressEveryMs) return;
    printedMs = Date.now();
    const rate = (sequences * 1000) / (printedMs - begunMs);
    print(`  ${sequences} of ${of} sequences, ${calls} calls, ${rate.toFixed(1)} sequences/s`);
  };
}

async function runTarget(
  kind: TargetKind,
  run: { readonly sequences: number; readonly seed: number; readonly withCrashes: boolean },
): Promise<void> {
  const crashes = run.withCrashes ? ' with crashes' : '';
  print(`${kind.name}: ${run.sequences} sequences${crashes}, seed ${run.seed}`);
  const begunMs = Date.now();
  const onProgress = reportProgress(run.sequences);
  const figures = await runSequences({ ...run, kind, onProgress });
  const seconds = ((Date.now() - begunMs) / 1000).toFixed(0);
  print(`${kind.name}: ${figures.sequences} sequences, ${figures.calls} calls in ${seconds} s`);
  const answers = [...figures.answers].sort((one, other) => other[1] - one[1]);
  for (const [answer, count] of answers) print(`  ${String(count).padStart(8)}  ${answer}`);
}

async function main(): Promise<void> {
  const wanted = process.env['WATCHWORD_TEST_TARGET'] ?? '';
  const kinds = targetKinds.filter((kind) => {
    const missing = kind.name.includes(wanted) ? missingFor(kind) : 'It was not asked for.';
    if (missing !== null) print(`${kind.name} is left out. ${missing}`);
    return missing === null;
  });
  const sequences = numberFrom('WATCHWORD_TEST_SEQUENCES', 100_000);
  const crashes = numberFrom('WATCHWORD_TEST_CRASHES', Math.ceil(sequences / 100));
  const seed = numberFrom('WATCHWORD_TEST_SEED', randomInt(1_000_000_000));
  for (const kind of kinds) {
    await rerunSaved(kind);
    const share = (all: number) => Math.ceil(all / kinds.length);
    await runTarget(kind, { sequences: share(sequences), seed, withCrashes: false });
    await runTarget(kind, { sequences: share(crashes), seed, withCrashes: true });
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
