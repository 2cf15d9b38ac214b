/**
 * What the project set itself, beside what was reached. A ratio is made within each round, where
 * the machine did the same beside both systems, and the median of the rounds is told.
 */
import { median, type Results } from '../measure/measurement.ts';
import type { WorkloadName } from '../options.ts';
import { counted } from './counted.ts';
import { renderTable } from './table.ts';

interface Goal {
  readonly figure: string;
  readonly bound: number;
  readonly is: 'at least' | 'at most';
  readonly digits: number;
  /** Null where one of its parts was not measured. */
  reached(read: Read): number | null;
}

type Read = (
  system: string,
  figure: string,
  workload?: WorkloadName,
  callers?: number,
  part?: string,
) => number | null;

function goalsOf({ growthRows, memoryPairs }: Results['method']): readonly Goal[] {
  return [
    rate('watchword-sqlite', 'floor', 0.65),
    rate('watchword-sqlite', 'otpgateway', 1.25),
    rate('watchword-sqlite', 'otpgateway-durable', 2.3),
    rate('watchword-sqlite', 'better-auth-postgres', 12.5),
    {
      // 0.18 ms where the floor takes 0.107.
      figure: 'server CPU per pair, watchword-sqlite ÷ floor',
      bound: 1.68,
      is: 'at most',
      digits: 2,
      reached: (read) =>
        quotient(read('watchword-sqlite', 'serverCpuMs'), read('floor', 'serverCpuMs')),
    },
    rate('watchword-postgres', 'better-auth-postgres', 7),
    rate('watchword-postgres', 'otpgateway-durable', 1.3),
    plain('start p99, ms', 'startP99Ms', 25),
    plain('check p99, ms', 'checkP99Ms', 15),
    plain('hand-over p50 at 16 callers, ms', 'handOverP50Ms', 5, 'pairs', 16),
    plain('start-up, ms', 'startUpMs', 500, 'start-up', 0),
    {
      ...plain(`memory after ${counted(memoryPairs)} pairs, MiB`, 'memoryMiB', 256, 'memory'),
      reached(read) {
        // A load that its time ended earlier says nothing about so many.
        const isDone = read('watchword-sqlite', 'done', 'memory') === memoryPairs;
        return isDone ? read('watchword-sqlite', 'memoryMiB', 'memory') : null;
      },
    },
    ...grown('watchword-sqlite', growthRows),
    ...grown('watchword-postgres', growthRows),
    {
      figure: 'pairs/s beside a slow and a dead gateway ÷ alone, watchword-sqlite',
      bound: 0.9,
      is: 'at least',
      digits: 2,
      reached: (read) => read('watchword-sqlite', 'share', 'providers'),
    },
    ...kafka(),
  ];
}

function rate(system: string, other: string, bound: number): Goal {
  return {
    figure: `pairs/s, ${system} ÷ ${other}`,
    bound,
    is: 'at least',
    digits: 2,
    reached: (read) => quotient(read(system, 'perSecond'), read(other, 'perSecond')),
  };
}

function plain(
  figure: string,
  name: string,
  bound: number,
  workload: WorkloadName = 'pairs',
  callers = 64,
): Goal {
  return {
    figure: `${figure}, watchword-sqlite`,
    bound,
    is: 'at most',
    digits: 1,
    reached: (read) => read('watchword-sqlite', name, workload, callers),
  };
}

/** With so many verifications stored, as a share of what an empty database does. */
function grown(system: string, rows: number): Goal[] {
  const goal = (figure: string, name: string, bound: number, is: Goal['is']): Goal => ({
    figure: `${figure} with ${counted(rows)} stored ÷ empty, ${system}`,
    bound,
    is,
    digits: 2,
    reached: (read) => read(system, name, 'growth'),
  });
  return [
    goal('pairs/s', 'share', 0.9, 'at least'),
    goal('start p99', 'startP99Times', 1.5, 'at most'),
    goal('check p99', 'checkP99Times', 1.5, 'at most'),
  ];
}

/** Of FlowX.AI's commands, the broker on the same cores. */
function kafka(): Goal[] {
  const oneByOne = (figure: string, name: string, bound: number): Goal => ({
    figure: `Kafka, one outstanding: ${figure}, ms`,
    bound,
    is: 'at most',
    digits: 1,
    reached: (read) => read('watchword-sqlite', name, 'kafka', 1, 'FlowX.AI'),
  });
  const beside = (figure: string, part: string): Goal => ({
    figure: `Kafka, 64 outstanding: ${figure}, replies/s ÷ echo`,
    bound: 0.5,
    is: 'at least',
    digits: 2,
    reached: (read) => read('watchword-sqlite', 'share', 'kafka', 64, part),
  });
  return [
    oneByOne('generate p50', 'startP50Ms', 6),
    oneByOne('generate p99', 'startP99Ms', 25),
    oneByOne('validate p50', 'checkP50Ms', 6),
    oneByOne('validate p99', 'checkP99Ms', 25),
    beside('generate', 'FlowX.AI, generate'),
    beside('validate', 'FlowX.AI, validate'),
    beside('both in turn', 'FlowX.AI'),
  ];
}

/** The table of goals; of a run that measures a part, those that were not measured are left out. */
export function renderGoals({ measurements, method }: Results): string[] {
  const readIn =
    (round: number): Read =>
    (system, figure, workload = 'pairs', callers = 64, part) => {
      const found = measurements.find(
        (one) =>
          one.round === round &&
          one.system === system &&
          one.workload === workload &&
          one.callers === callers &&
          one.part === part,
      );
      return found?.figures[figure] ?? null;
    };
  const rounds = [...new Set(measurements.map(({ round }) => round))].map(readIn);
  const rows = goalsOf(method).flatMap((goal) => {
    const bound = `${goal.is} ${goal.bound}`;
    const reached = median(rounds.flatMap((read) => goal.reached(read) ?? []));
    if (reached === null) return method.isFull ? [[goal.figure, bound, '', 'not measured']] : [];
    const isMet = goal.is === 'at least' ? reached >= goal.bound : reached <= goal.bound;
    return [[goal.figure, bound, reached.toFixed(goal.digits), isMet ? 'yes' : 'no']];
  });
  if (rows.length === 0) return [];
  return ['### Goals, at 64 callers', renderTable(['figure', 'goal', 'reached', 'met'], rows)];
}

function quotient(one: number | null, other: number | null): number | null {
  return one === null || other === null || other === 0 ? null : one / other;
}
