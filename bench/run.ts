/**
 * The benchmark: `npm run bench`. Systems take turns, round by round, so that what the machine does
 * beside hits all of them alike; only one of them runs at a time.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { growthCallers, measureGrowth } from './growth/growth-round.ts';
import { type GeneratorProcess, startGenerator } from './measure/generator-process.ts';
import { describeMachine } from './measure/machine.ts';
import type { Failure, Figures, Measurement, Results } from './measure/measurement.ts';
import { inTemporaryFolder } from './measure/temporary-folder.ts';
import { workloads } from './measure/workloads.ts';
import { help, type Options, readOptions, type WorkloadName } from './options.ts';
import { renderReport } from './report/report.ts';
import { writePage } from './report/write-page.ts';
import type { Grown, System } from './systems/system.ts';

const repository = dirname(dirname(fileURLToPath(import.meta.url)));

interface Run {
  readonly options: Options;
  readonly generator: GeneratorProcess;
  readonly measurements: Measurement[];
  readonly failures: Failure[];
  /** Filled databases, once they were asked for. */
  readonly grown: Map<System, Grown>;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function main(): Promise<void> {
  const beganAtMs = performance.now();
  const options = readOptions(process.argv.slice(2), join(repository, '.cache', 'bench'));
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
  const run: Run = { options, generator, measurements: [], failures: [], grown: new Map() };
  const able = options.systems.filter(({ name }) =>
    prepared.some((one) => one.name === name && one.version !== null),
  );
  try {
    for (const workload of options.workloads) await runWorkload(run, workload, able);
  } finally {
    generator.close();
  }
  const { seconds, warmUpSeconds, rounds, growthRows, memoryPairs, isFull } = options;
  const minutes = Math.round((performance.now() - beganAtMs) / 60_000);
  const results: Results = {
    at: new Date().toISOString(),
    machine,
    method: { seconds, warmUpSeconds, rounds, growthRows, memoryPairs, isFull, minutes },
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
  // A million pairs are long enough to need no second round; others have rounds of their own.
  const rounds = ['memory', 'facades', 'kafka'].includes(workload) ? 1 : run.options.rounds;
  for (let round = 1; round <= rounds; round++) {
    for (const system of able) {
      const hasFailed = run.failures.some(
        (one) => one.system === system.name && one.workload === workload,
      );
      if (hasFailed || !isMeasured(run.options, workload, system)) continue;
      try {
        await (workload === 'growth'
          ? runGrowth(run, system, round)
          : runOnce(run, workload, system, round));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        run.failures.push({ system: system.name, workload, reason });
        say(`${workload}, ${system.title}: ${reason}`);
      }
    }
  }
}

/** What the goals do not ask for, and would take a peer many minutes, has to be asked for. */
function isMeasured({ isFull }: Options, workload: WorkloadName, system: System): boolean {
  if (workload === 'growth') return system.openGrown !== undefined;
  if (workload === 'facades') return system.hasFacades === true;
  if (workload === 'kafka') return system.hasKafka === true;
  return workload !== 'memory' || !isFull || system.name === 'watchword-sqlite';
}

function runOnce(
  run: Run,
  workload: Exclude<WorkloadName, 'growth'>,
  system: System,
  round: number,
): Promise<void> {
  const { options, generator } = run;
  return inTemporaryFolder(async (folder) => {
    const { gateways } = generator;
    const running = await system.start({
      folder,
      gateways,
      isWithBadGateways: workload === 'providers',
      isWithFacades: workload === 'facades',
      isWithKafka: workload === 'kafka',
    });
    try {
      await workloads[workload]({
        options,
        system: running,
        generator,
        record: (callers, figures, of) =>
          record(run, { system: system.name, workload, callers, round, figures, ...of }),
      });
    } finally {
      await running.stop();
    }
  });
}

async function runGrowth(run: Run, system: System, round: number): Promise<void> {
  const { options, generator } = run;
  const { growthRows, growthFolder } = options;
  const grown =
    run.grown.get(system) ??
    (await system.openGrown?.({
      folder: join(growthFolder, `${system.name}-${growthRows}`),
      verifications: growthRows,
      gateways: generator.gateways,
      say,
    }));
  if (grown === undefined) return;
  run.grown.set(system, grown);
  const figures = await measureGrowth({ options, system, grown, generator, round });
  record(run, {
    ...{ system: system.name, workload: 'growth', callers: growthCallers, round, figures },
  });
}

function record(run: Run, measurement: Measurement): void {
  run.measurements.push(measurement);
  const { system, workload, callers, round, part, figures } = measurement;
  const whose = part ?? system;
  say(`round ${round}, ${workload}, ${callers} callers, ${whose}: ${describe(figures)}`);
}

function describe({ perSecond, perSecondEmpty, perSecondNative, startUpMs }: Figures): string {
  if (!perSecond) return `${Math.round(startUpMs ?? 0)} ms`;
  const other = perSecondEmpty ? 'empty' : 'native';
  const otherPerSecond = perSecondEmpty ?? perSecondNative;
  const beside = otherPerSecond ? `, ${other} ${Math.round(otherPerSecond)}/s` : '';
  return `${Math.round(perSecond)}/s${beside}`;
}

await main().catch((error: Error) => {
  say(error.message);
  process.exitCode = 1;
});
