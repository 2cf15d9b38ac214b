import { moods, type ProviderMood, type ProviderName, providerNames } from './gateway.ts';
import type { RandomSource } from './random-source.ts';

/** One thing that goes wrong, and when, counted from the beginning of the load. */
export type Fault = { readonly atMs: number } & (
  | { readonly kind: 'node killed'; readonly node: number; readonly lastsMs: number }
  | {
      readonly kind: 'provider misbehaves';
      readonly providers: readonly ProviderName[];
      readonly mood: ProviderMood;
      readonly lastsMs: number;
    }
  | { readonly kind: 'disk full'; readonly lastsMs: number }
  | { readonly kind: 'writes fail'; readonly node: number; readonly lastsMs: number }
  | { readonly kind: 'clock stepped'; readonly node: number; readonly stepMs: number }
  | { readonly kind: 'database killed'; readonly lastsMs: number }
  | {
      readonly kind: 'connections disturbed';
      /** Nodes whose connections to the database it is. */
      readonly nodes: readonly number[];
      readonly disturbance: Disturbance;
      readonly lastsMs: number;
    }
);

export type FaultKind = Fault['kind'];

/** What happens to the bytes between a node and its database. */
export type Disturbance =
  /** Every connection is reset, and new ones are refused. */
  | 'cut'
  /** Every connection is reset once, and new ones are taken. */
  | 'reset'
  /** No byte goes on, either way or one way; nobody is told. */
  | 'stalled'
  | 'stalled to the database'
  | 'stalled from the database'
  /** What is connected stays silent for good, and what connects anew passes. */
  | 'forgotten'
  | 'slow';

export interface ScheduleOptions {
  readonly kinds: readonly FaultKind[];
  readonly nodes: number;
  readonly loadMs: number;
}

export const disturbances: readonly Disturbance[] = [
  'cut',
  'reset',
  'stalled',
  'stalled to the database',
  'stalled from the database',
  'forgotten',
  'slow',
];

/** Small ones that time servers make, and those of a machine that wakes up or was set wrong. */
const clockSteps: readonly number[] = [-3_600_000, -20_000, -500, 500, 20_000, 3_600_000];
const stallMaxMs = 4_000;
/** Some draws are thrown away, because two of a kind would stand in each other's way. */
const drawsMax = 50;

/** Two to five faults, in the order of their times; each kind has its chance. */
export function makeSchedule(random: RandomSource, options: ScheduleOptions): readonly Fault[] {
  const faults: Fault[] = [];
  const count = random.between(2, 5);
  for (let draw = 0; draw < drawsMax && faults.length < count; draw++) {
    const fault = makeFault(random, random.pick(options.kinds), options);
    if (!faults.some((other) => exclude(fault, other))) faults.push(fault);
  }
  return faults.sort((first, second) => first.atMs - second.atMs);
}

/** A fault of one kind, somewhere in the first three quarters of the load. */
export function makeFault(
  random: RandomSource,
  kind: FaultKind,
  { nodes, loadMs }: Pick<ScheduleOptions, 'nodes' | 'loadMs'>,
): Fault {
  const atMs = random.between(200, Math.round(loadMs * 0.75));
  const node = random.below(nodes);
  switch (kind) {
    case 'node killed':
      return { kind, atMs, node, lastsMs: random.between(0, 600) };
    case 'provider misbehaves': {
      const providers = random.chance(0.5) ? providerNames : [random.pick(providerNames)];
      const mood = random.pick(moods);
      return { kind, atMs, providers, mood, lastsMs: random.between(300, 2_000) };
    }
    case 'disk full':
      return { kind, atMs, lastsMs: random.between(200, 1_200) };
    case 'writes fail':
      return { kind, atMs, node, lastsMs: random.between(200, 1_200) };
    case 'clock stepped':
      return { kind, atMs, node, stepMs: random.pick(clockSteps) };
    case 'database killed':
      return { kind, atMs, lastsMs: random.between(0, 600) };
    case 'connections disturbed': {
      const disturbed = random.chance(0.4) ? [...Array(nodes).keys()] : [node];
      const disturbance = random.pick(disturbances);
      const lastsMs = random.between(300, stallMaxMs);
      return { kind, atMs, nodes: disturbed, disturbance, lastsMs };
    }
  }
}

/** Whether two faults cannot both be: the second would undo or hide the first. */
function exclude(one: Fault, other: Fault): boolean {
  if (one.kind !== other.kind || one.kind === 'clock stepped') return false;
  if ('node' in one && 'node' in other && one.node !== other.node) return false;
  const isBefore = one.atMs + lastsMsOf(one) + apartMs < other.atMs;
  const isAfter = other.atMs + lastsMsOf(other) + apartMs < one.atMs;
  return !isBefore && !isAfter;
}

const apartMs = 200;

export function lastsMsOf(fault: Fault): number {
  return 'lastsMs' in fault ? fault.lastsMs : 0;
}

export function describeFault(fault: Fault): string {
  const { kind, atMs, ...rest } = fault;
  const details = Object.values(rest).map((value) => [value].flat().join('+'));
  return `${atMs} ms ${kind} (${details.join(', ')})`;
}
