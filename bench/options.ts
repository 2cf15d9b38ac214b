/** The options of `npm run bench`. */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { systems } from './systems/index.ts';
import type { System } from './systems/system.ts';

export const workloadNames = [
  'pairs',
  'wrong-checks',
  'providers',
  'start-up',
  'growth',
  'memory',
  'facades',
  'kafka',
] as const;
export type WorkloadName = (typeof workloadNames)[number];

export interface Options {
  readonly systems: readonly System[];
  readonly workloads: readonly WorkloadName[];
  readonly callers: readonly number[];
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly rounds: number;
  /** No choice was made: everything that the goals of the project ask for is measured. */
  readonly isFull: boolean;
  /** How many pairs the workload `memory` makes. */
  readonly memoryPairs: number;
  /** How many verifications are stored for the workload `growth`, and where they are kept. */
  readonly growthRows: number;
  readonly growthFolder: string;
  readonly jsonFile: string;
  /** Whether the page in the docs is written anew. */
  readonly isWriting: boolean;
}

export const help = `npm run bench -- [options]

  --systems <names>     of ${systems.map(({ name }) => name).join(', ')}
  --workloads <names>   of ${workloadNames.join(', ')};
                        without it all, and memory of watchword-sqlite alone
  --callers <numbers>   callers of the workload pairs: 1,16,64,256
  --seconds <number>    of each measurement: 5
  --warm-up <number>    seconds before it: 1
  --rounds <number>     whose median is told: 3
  --memory-pairs <n>    of the workload memory: 1000000
  --growth-rows <n>     verifications stored for the workload growth: 2000000
  --growth-folder <f>   where their databases are kept: .cache/bench/growth
  --quick               one round of 2 s at 16 callers
  --json <file>         where the results go: .cache/bench/latest.json
  --write               write docs/reference/benchmark.md anew

Lists are separated by commas.
`;

/** Reads the words of the command line; throws a sentence for what it does not know. */
export function readOptions(words: readonly string[], cache: string): Options | null {
  const { values } = parseArgs({
    args: [...words],
    options: {
      systems: { type: 'string' },
      workloads: { type: 'string' },
      callers: { type: 'string' },
      seconds: { type: 'string' },
      'warm-up': { type: 'string' },
      rounds: { type: 'string' },
      'memory-pairs': { type: 'string' },
      'growth-rows': { type: 'string' },
      'growth-folder': { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const { quick } = values;
  const usual = workloadNames.filter((name) => !quick || name === 'pairs');
  const names = listOf(values.systems) ?? systems.map(({ name }) => name);
  return {
    systems: names.map((name) => oneOf(name, systems, (system) => system.name)),
    workloads: (listOf(values.workloads) ?? usual).map((name) =>
      oneOf(name, workloadNames, String),
    ),
    callers: (listOf(values.callers) ?? (quick ? ['16'] : ['1', '16', '64', '256'])).map((text) =>
      numberOf('callers', text, 1_024),
    ),
    seconds: numberOf('seconds', values.seconds ?? (quick ? '2' : '5'), 600),
    warmUpSeconds: numberOf('warm-up', values['warm-up'] ?? '1', 60),
    rounds: numberOf('rounds', values.rounds ?? (quick ? '1' : '3'), 25),
    isFull: !quick && values.workloads === undefined && values.systems === undefined,
    memoryPairs: numberOf('memory-pairs', values['memory-pairs'] ?? '1000000', 10_000_000),
    growthRows: numberOf('growth-rows', values['growth-rows'] ?? '2000000', 1_000_000_000),
    growthFolder: resolve(values['growth-folder'] ?? join(cache, 'growth')),
    jsonFile: values.json ?? join(cache, 'latest.json'),
    isWriting: values.write,
  };
}

function listOf(text: string | undefined): readonly string[] | undefined {
  return text?.split(',').map((one) => one.trim());
}

function oneOf<Value>(
  name: string,
  known: readonly Value[],
  nameOf: (one: Value) => string,
): Value {
  const found = known.find((one) => nameOf(one) === name);
  if (found !== undefined) return found;
  throw new Error(`"${name}" is none of ${known.map(nameOf).join(', ')}.`);
}

function numberOf(option: string, text: string, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new Error(`--${option} takes whole numbers from 1 to ${max}.`);
}
