/**
 * Growth: the pairs of the benchmark against an empty database and one with years of them, in turn.
 *
 *     node bench/growth/run.ts --folder <folder> [--verifications 50000000] [--rounds 3]
 *                              [--seconds 10] [--callers 64]
 *
 * The folder is filled when it is empty, which takes minutes and some 700 bytes for each
 * verification, and stays for the next run; delete it when it is not needed any more.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type GeneratorProcess, startGenerator } from '../measure/generator-process.ts';
import { type Figures, figuresOf, median } from '../measure/measurement.ts';
import { freePort, startProgram } from '../systems/program.ts';
import type { RunningSystem } from '../systems/system.ts';
import { servePlan, watchwordShape } from '../systems/watchword.ts';
import { watchwordSqlite } from '../systems/watchword-sqlite.ts';
import { type GrowthFolder, openGrowthFolder } from './growth-folder.ts';
import { type Holds, measureHolds } from './holds.ts';

type Kind = 'empty' | 'filled';

interface Load {
  readonly callers: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      folder: { type: 'string' },
      verifications: { type: 'string', default: '50000000' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '10' },
      callers: { type: 'string', default: '64' },
    },
  });
  if (values.folder === undefined) throw new Error('Say where the filled database lies: --folder');
  const generator = await startGenerator();
  const load = { callers: Number(values.callers), seconds: Number(values.seconds) };
  try {
    const growth = await openGrowthFolder(
      values.folder,
      Number(values.verifications),
      generator.gateways,
      say,
    );
    const { verifications, bytes, seconds } = growth.filled;
    const size = `${(bytes / 1e9).toFixed(1)} GB`;
    say(`${verifications} verifications, ${size}, filled in ${seconds.toFixed(0)} s`);
    const measured = await measureInTurn(generator, growth, Number(values.rounds), {
      ...load,
      warmUpSeconds: 2,
    });
    tell(measured);
    const { expiry, purge } = await measureHolds(growth.dataFolder);
    tellHolds('expiry', expiry);
    tellHolds('purge', purge);
  } finally {
    generator.close();
  }
}

async function measureInTurn(
  generator: GeneratorProcess,
  growth: GrowthFolder,
  rounds: number,
  load: Load,
): Promise<Record<Kind, Figures[]>> {
  const measured: Record<Kind, Figures[]> = { empty: [], filled: [] };
  for (let round = 0; round < rounds; round++) {
    const order: readonly Kind[] = round % 2 === 0 ? ['empty', 'filled'] : ['filled', 'empty'];
    for (const kind of order) {
      const folder = mkdtempSync(join(tmpdir(), 'watchword-growth-'));
      const system =
        kind === 'empty' ? await startEmpty(generator, folder) : await startFilled(growth, folder);
      try {
        const figures = figuresOf(
          await generator.run(system, { workload: 'pairs', shape: system.shape, ...load }),
        );
        measured[kind].push(figures);
        say(`round ${round + 1}, ${kind}: ${lineOf(figures)}`);
      } finally {
        await system.stop();
        rmSync(folder, { recursive: true });
      }
    }
  }
  return measured;
}

function startEmpty(generator: GeneratorProcess, folder: string): Promise<RunningSystem> {
  const { gateways } = generator;
  return watchwordSqlite.start({ folder, gateways, isWithBadGateways: false });
}

async function startFilled(growth: GrowthFolder, folder: string): Promise<RunningSystem> {
  const port = await freePort();
  const startPlan = servePlan(folder, growth.environment, port);
  const server = await startProgram(startPlan);
  return {
    shape: watchwordShape([port], growth.apiKey),
    servers: [server.processId],
    databases: [],
    startPlan,
    stop: server.stop,
    stopServers: server.stop,
  };
}

const figureNames = ['perSecond', 'serverCpuMs', 'startP50Ms', 'startP99Ms', 'checkP99Ms'] as const;

function lineOf(figures: Figures): string {
  return figureNames.map((name) => `${name} ${format(figures[name] ?? null)}`).join(', ');
}

function format(value: number | null): string {
  return value === null ? '–' : value.toPrecision(4);
}

/** The medians, and what filled is of empty. */
function tell(measured: Record<Kind, readonly Figures[]>): void {
  process.stdout.write('| figure | empty | filled | filled ÷ empty |\n| --- | --- | --- | --- |\n');
  for (const name of figureNames) {
    const medianOf = (kind: Kind) => median(measured[kind].flatMap((each) => each[name] ?? []));
    const [empty, filled] = [medianOf('empty'), medianOf('filled')];
    const ratio = empty === null || filled === null ? null : filled / empty;
    process.stdout.write(
      `| ${name} | ${format(empty)} | ${format(filled)} | ${ratio?.toFixed(2) ?? '–'} |\n`,
    );
  }
}

function tellHolds(name: string, { steps, p99Ms, longestMs, longestCpuMs }: Holds): void {
  process.stdout.write(
    `${name}: ${steps} steps, p99 ${p99Ms.toFixed(1)} ms, longest ${longestMs.toFixed(1)} ms ` +
      `(${longestCpuMs.toFixed(1)} ms of processor time)\n`,
  );
}

await main();
