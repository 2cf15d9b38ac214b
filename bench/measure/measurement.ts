import type { WorkloadName } from '../options.ts';
import type { Measured } from './generator-process.ts';

/** What was measured once; figures that a machine cannot count are null. */
export interface Measurement {
  readonly system: string;
  readonly workload: WorkloadName;
  readonly callers: number;
  readonly round: number;
  /** What of the workload it was, where that has parts: a façade, a kind of commands. */
  readonly part?: string;
  readonly figures: Figures;
}

export type Figures = Readonly<Record<string, number | null>>;

export interface Failure {
  readonly system: string;
  readonly workload: WorkloadName;
  readonly reason: string;
}

export interface Results {
  readonly at: string;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly method: {
    readonly seconds: number;
    readonly warmUpSeconds: number;
    readonly rounds: number;
    readonly growthRows: number;
    readonly memoryPairs: number;
    /** Whether everything was asked for, so that whatever is missing is told. */
    readonly isFull: boolean;
    /** Of the whole run. */
    readonly minutes: number;
  };
  readonly systems: readonly {
    readonly name: string;
    readonly title: string;
    /** Null where it could not be had; then the reason says why. */
    readonly version: string | null;
    readonly reason: string | null;
  }[];
  readonly measurements: readonly Measurement[];
  readonly failures: readonly Failure[];
}

/** The figures of a load, flat, so that each has a median of its own. */
export function figuresOf(measured: Measured): Figures {
  const { done, seconds, startMs, checkMs, handOverMs, memory } = measured;
  const each = (cpuMs: number | null) => (cpuMs === null ? null : cpuMs / done);
  return {
    done,
    perSecond: done / seconds,
    serverCpuMs: each(measured.serverCpuMs),
    databaseCpuMs: each(measured.databaseCpuMs),
    startP50Ms: startMs.p50,
    startP95Ms: startMs.p95,
    startP99Ms: startMs.p99,
    checkP50Ms: checkMs.p50,
    checkP95Ms: checkMs.p95,
    checkP99Ms: checkMs.p99,
    handOverP50Ms: handOverMs.p50,
    handOverP95Ms: handOverMs.p95,
    handOverP99Ms: handOverMs.p99,
    memoryMiB: memory?.nowMiB ?? null,
    memoryMostMiB: memory?.mostMiB ?? null,
    strayMessages: measured.strayMessages,
    generatorCores: measured.generatorCores,
  };
}

/** The median of each figure over the rounds of one system, workload and number of callers. */
export function medianFigures(
  measurements: readonly Measurement[],
  wanted: Pick<Measurement, 'system' | 'workload' | 'callers' | 'part'>,
): Figures | null {
  const rounds = measurements.filter(
    ({ system, workload, callers, part }) =>
      system === wanted.system &&
      workload === wanted.workload &&
      callers === wanted.callers &&
      part === wanted.part,
  );
  const [first] = rounds;
  if (first === undefined) return null;
  return Object.fromEntries(
    Object.keys(first.figures).map((name) => [
      name,
      median(rounds.flatMap(({ figures }) => figures[name] ?? [])),
    ]),
  );
}

export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[middle - 1], sorted[middle]];
  if (high === undefined) return null;
  return sorted.length % 2 === 1 || low === undefined ? high : (low + high) / 2;
}
