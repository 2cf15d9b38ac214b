/**
 * Random fault runs: `node server/test/run-faults.ts [runs] [--seed=…] [--system=sqlite|postgres]`.
 * One line for each run, and the figures of all at the end. A run that fails prints its seed and how
 * it is made again; what is known of it is kept in `.cache/faults/`.
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { type RunReport, runFaults } from './faults/run.ts';
import { describeFault, makeSchedule } from './faults/schedule.ts';
import { createSqliteSystem } from './faults/sqlite-system.ts';
import type { SystemUnderTest } from './faults/system-under-test.ts';

const loadMs = 4_000;
const runsDefault = 200;
/** Two cores carry two servers and their loads; more would only wait for each other. */
const lanes = 2;

const { values, positionals } = parseArgs({
  options: { seed: { type: 'string' }, system: { type: 'string' } },
  allowPositionals: true,
});
const systems: readonly SystemUnderTest[] = [await createSqliteSystem()].filter(
  ({ name }) => values.system === undefined || values.system === name,
);
const reports: RunReport[] = [];
const begin = randomBytes(4).toString('hex');
const seeds =
  values.seed === undefined
    ? Array.from({ length: Number(positionals[0] ?? runsDefault) }, (_, run) => `${begin}-${run}`)
    : [values.seed];
const runs = seeds.flatMap((seed, run) => {
  const system = systems[run % systems.length];
  return system === undefined ? [] : [{ seed, system }];
});

async function runLane(): Promise<void> {
  for (let next = runs.shift(); next !== undefined; next = runs.shift()) {
    const { seed, system } = next;
    const { kinds, nodes } = system;
    const report = await runFaults(system, seed, (random) =>
      makeSchedule(random, { kinds, nodes, loadMs }),
    ).catch((error: unknown) => broken(seed, error));
    reports.push(report);
    print(system, report);
  }
}

/** A run that could not be ended, for example because a server did not come up again. */
function broken(seed: string, error: unknown): RunReport {
  const violations = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  const none = { acknowledgedStarts: 0, messages: 0, doubled: 0, lost: 0 };
  return { seed, faults: [], ...none, recoveryMs: 0, answersMs: 0, violations };
}

function print(system: SystemUnderTest, report: RunReport): void {
  const { seed, acknowledgedStarts, messages, doubled, recoveryMs, violations } = report;
  const verdict = violations.length === 0 ? 'ok' : 'FAILED';
  const figures = `${acknowledgedStarts} starts, ${messages} messages, ${doubled} doubled`;
  const faults = report.faults.map(describeFault).join('; ');
  write(`${verdict} ${system.name} ${seed}: ${figures}, recovered in ${recoveryMs} ms | ${faults}`);
  if (violations.length === 0) return;
  for (const violation of violations) write(`  ${violation}`);
  write(`  again: node server/test/run-faults.ts --seed=${seed} --system=${system.name}`);
}

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

await Promise.all(Array.from({ length: lanes }, runLane));
const sum = (of: (report: RunReport) => number) =>
  reports.reduce((total, report) => total + of(report), 0);
const longest = (of: (report: RunReport) => number) => Math.max(...reports.map(of));
const kills = sum(({ faults }) => faults.filter(({ kind }) => kind.endsWith('killed')).length);
const failed = reports.filter(({ violations }) => violations.length > 0).length;
write(
  `${reports.length} runs, ${sum(({ acknowledgedStarts }) => acknowledgedStarts)} acknowledged ` +
    `starts, ${sum(({ messages }) => messages)} messages, ${kills} kills, longest recovery ` +
    `${longest(({ recoveryMs }) => recoveryMs)} ms, longest wait of a key ` +
    `${longest(({ answersMs }) => answersMs)} ms, ` +
    `${sum(({ lost }) => lost)} lost, ${sum(({ doubled }) => doubled)} doubled, ${failed} failed`,
);
process.exitCode = failed === 0 ? 0 : 1;
