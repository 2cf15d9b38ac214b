/**
 * The benchmark: `npm run bench`. Systems take turns, round by round, so that what the machine does
 * beside hits all of them alike; only one of them runs at a time.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type GeneratorProcess, startGenerator } from './measure/generator-process.ts';
import { describeMachine } from './measure/machine.ts';
import type { Failure, Measurement, Results } from './measure/measurement.ts';
import { workloads } from './measure/workloads.ts';
import { help, type Options, readOptions, type WorkloadName } from './options.ts';
import { renderReport } from './report/report.ts';
import { writePage } from './report/write-page.ts';
import type { System } from './systems/system.ts';

const repository = dirname(dirname(fileURLToPath(import.meta.url)));

interface Run {
  readonly options: Options;
  readonly generator: GeneratorProcess;
  readonly measurements: Measurement[];
  readonly failures: Failure[];
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function main(): Promise<void> {
  const options = readOptions(
    process.argv.slice(2),
    join(repository, '.cache', 'bench', 'latest.json'),
  );
  if (options === null) {
    process.stdout.write(help);
    return;
  }
  const machine = describeMachine(repository);
  if (machine['storage'] !== 'disk') {
    say(`${tmpdir()} is in memory, so nothing is durable: set TMPDIR to a folder on a disk.`);
  }
  const prepared = await prepareAll(options);
  const generator = await startGenerator();
  const run: Run = { options, generator, measurements: [], failures: [] };
  const able = options.systems.filter(({ name }) =>
    prepared.some((one) => one.name === name && one.version !== null),
  );
  try {
    for (const workload of options.workloads) await runWorkload(run, workload, able);
  } finally {
    generator.close();
  }
  const { seconds, warmUpSeconds, rounds } = options;
  const results: Results = {
    at: new Date().toISOString(),
    machine,
    method: { seconds, warmUpSeconds, rounds },
    systems: prepared,
    measurements: run.measurements,
    failures: run.failures,
  };
  mkdirSync(dirname(options.jsonFile), { recursive: true });
  writeFileSync(options.jsonFile, `${JSON.stringify(results, null, 2)}\n`);
  process.stdout.write(`${renderReport(results)}\n`);
  if (options.isWriting) writePage(join(repository, 'docs/reference/benchmark.md'), results);
  if (run.failures.length > 0) process.exitCode = 1;
}

async function prepareAll({ systems }: Options): Promise<Results['systems']> {
  const prepared: Results['systems'][number][] = [];
  for (const { name, title, prepare } of systems) {
    const answer = await prepare();
    prepared.push(
      answer.ok
        ? { name, title, version: answer.version, reason: null }
        : { name, title, version: null, reason: answer.reason },
    );
    if (!answer.ok) say(`${title} is left out. ${answer.reason}`);
  }
  return prepared;
}

async function runWorkload(run: Run, workload: WorkloadName, able: readonly System[]) {
  for (let round = 1; round <= run.options.rounds; round++) {
    for (const system of able) {
      const hasFailed = run.failures.some(
        (one) => one.system === system.name && one.workload === workload,
      );
      if (hasFailed) continue;
      try {
        await runOnce(run, workload, system, round);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        run.failures.push({ system: system.name, workload, reason });
        say(`${workload}, ${system.title}: ${reason}`);
      }
    }
  }
}

async function runOnce(run: Run, workload: WorkloadName, system: System, round: number) {
  const { options, generator, measurements } = run;
  const folder = mkdtempSync(join(tmpdir(), 'watchword-bench-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    const { gateways } = generator;
    const isWithBadGateways = workload === 'providers';
    const running = await system.start({ folder, gateways, isWithBadGateways });
    try {
      await workloads[workload]({
        options,
        system: running,
        generator,
        record(callers, figures) {
          measurements.push({ system: system.name, workload, callers, round, figures });
          const { perSecond, startUpMs } = figures;
          const told = perSecond
            ? `${Math.round(perSecond)}/s`
            : `${Math.round(startUpMs ?? 0)} ms`;
          say(`round ${round}, ${workload}, ${callers} callers, ${system.title}: ${told}`);
        },
      });
    } finally {
      await running.stop();
    }
  } finally {
    process.off('exit', remove);
    remove();
  }
}

await main().catch((error: Error) => {
  say(error.message);
  process.exitCode = 1;
});
