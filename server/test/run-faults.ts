/**
 * Random fault runs: servers and their databases are killed and stalled under load. What it prints
 * of a run that failed is enough to make it again; all that is known of it is kept in
 * `.cache/faults/`.
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { createPostgresSystem } from './faults/postgres-system.ts';
import { type RunReport, runFaults } from './faults/run.ts';
import { describeFault, makeSchedule } from './faults/schedule.ts';
import { createSqliteSystem } from './faults/sqlite-system.ts';
import type { SystemUnderTest } from './faults/system-under-test.ts';
import { findPostgres, startPostgres, type TestPostgres } from './parts/postgres.ts';

const loadMs = 4_000;
const runsDefault = 200;
/** Two cores carry two servers and their loads; more would only wait for each other. */
const lanesMax = 2;
const systemNames = ['sqlite', 'postgres'] as const;
type SystemName = (typeof systemNames)[number];

interface Run {
  readonly seed: string;
  readonly system: SystemName;
}

const usage = `npm run test:faults -- [runs] [--system=sqlite|postgres] [--seed=SEED]

Prints a line for each run and the figures of all; ends with 1 where a promise was broken.

  runs       how many, ${runsDefault} when left out; each takes about ten seconds
  --system   on this storage alone
  --seed     makes the run with this seed once more
`;

/** Null for a call that only asks how to call it. */
function readRuns(words: readonly string[]): Run[] | null {
  const { values, positionals } = parseArgs({
    args: [...words],
    options: { seed: { type: 'string' }, system: { type: 'string' }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  if (values.help === true) return null;
  const count = Number(positionals[0] ?? runsDefault);
  const wanted = values.system;
  const systems = systemNames.filter((name) => wanted === undefined || wanted === name);
  if (!Number.isInteger(count) || count < 1 || systems.length === 0) {
    throw new Error('Give a number of runs, and sqlite or postgres as the system.');
  }
  const begin = randomBytes(4).toString('hex');
  if (values.seed !== undefined) {
    const seed = values.seed;
    return systems.map((system) => ({ seed, system }));
  }
  return Array.from({ length: count }, (_, run) => ({
    seed: `${begin}-${run}`,
    system: systems[run % systems.length] ?? 'sqlite',
  }));
}

/** One run after the other, each lane with a PostgreSQL of its own to kill. */
async function runLane(runs: Run[], reports: RunReport[]): Promise<void> {
  const sqlite = await createSqliteSystem();
  let server: TestPostgres | null = null;
  try {
    for (let next = runs.shift(); next !== undefined; next = runs.shift()) {
      if (next.system === 'postgres') server ??= await startOne();
      const system =
        server === null || next.system === 'sqlite' ? sqlite : createPostgresSystem(server);
      const { seed } = next;
      const report = await makeRun(system, seed).catch((error) => broken(seed, error));
      reports.push(report);
      print(system, report);
    }
  } finally {
    await server?.remove();
  }
}

function startOne(): Promise<TestPostgres> {
  const search = findPostgres();
  if (search.ok) return startPostgres(search.part);
  throw new Error(`${search.reason} Or give --system=sqlite.`);
}

function makeRun(system: SystemUnderTest, seed: string): Promise<RunReport> {
  const { kinds, nodes } = system;
  return runFaults(system, seed, (random) => makeSchedule(random, { kinds, nodes, loadMs }));
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

function summary(reports: readonly RunReport[]): string {
  const sum = (of: (report: RunReport) => number) =>
    reports.reduce((total, report) => total + of(report), 0);
  const longest = (of: (report: RunReport) => number) => Math.max(...reports.map(of));
  const isKill = ({ kind }: { kind: string }) => kind.endsWith('killed');
  return [
    `${reports.length} runs`,
    `${sum(({ acknowledgedStarts }) => acknowledgedStarts)} acknowledged starts`,
    `${sum(({ messages }) => messages)} messages`,
    `${sum(({ faults }) => faults.length)} faults`,
    `${sum(({ faults }) => faults.filter(isKill).length)} of them kills`,
    `longest recovery ${longest(({ recoveryMs }) => recoveryMs)} ms`,
    `longest wait of a key ${longest(({ answersMs }) => answersMs)} ms`,
    `${sum(({ lost }) => lost)} lost`,
    `${sum(({ doubled }) => doubled)} doubled`,
    `${sum(({ violations }) => (violations.length > 0 ? 1 : 0))} failed`,
  ].join(', ');
}

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<number> {
  let runs: Run[] | null;
  try {
    runs = readRuns(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  if (runs === null) {
    process.stdout.write(usage);
    return 0;
  }
  const all = runs;
  const reports: RunReport[] = [];
  const lanes = Array.from({ length: Math.min(lanesMax, all.length) });
  await Promise.all(lanes.map(() => runLane(all, reports)));
  write(summary(reports));
  return reports.every(({ violations }) => violations.length === 0) ? 0 : 1;
}

process.exitCode = await main();
