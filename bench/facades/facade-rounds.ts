/**
 * What a façade costs over the native calls that do the same. Both go to one server, in turn, in
 * many short windows: what else the machine does, and what the database holds by then, hits both
 * alike. A ratio is made of two windows that stand side by side.
 */
import { type Figures, figuresOf } from '../measure/measurement.ts';
import type { WorkloadContext } from '../measure/workload-context.ts';
import type { FacadeCase } from '../systems/system.ts';

const callers = 64;
/** Each round of the other workloads is cut into so many. */
const cuts = 5;

export async function measureFacades(context: WorkloadContext): Promise<void> {
  const { options, system } = context;
  for (let round = 1; round <= options.rounds * cuts; round++) {
    for (const one of system.facades ?? []) {
      const figures = await measureCase(context, one, round % 2 === 1);
      context.record(callers, figures, { round, part: one.title });
    }
  }
}

/** The native one goes first in every other round, so that neither is always the later one. */
async function measureCase(
  { options, system, generator }: WorkloadContext,
  { facade, native, workload }: FacadeCase,
  isNativeFirst: boolean,
): Promise<Figures> {
  const run = async (shape: FacadeCase['native']): Promise<Figures> => {
    if (shape === null) return {};
    const seconds = options.seconds / cuts;
    const warmUpSeconds = options.warmUpSeconds / cuts;
    return figuresOf(
      await generator.run(system, { workload, shape, callers, seconds, warmUpSeconds }),
    );
  };
  const first = await run(isNativeFirst ? native : facade);
  const second = await run(isNativeFirst ? facade : native);
  const [without, through] = isNativeFirst ? [first, second] : [second, first];
  return {
    ...through,
    perSecondNative: without['perSecond'] ?? null,
    serverCpuNativeMs: without['serverCpuMs'] ?? null,
    share: ratioOf(through['perSecond'], without['perSecond']),
    cpuTimes: ratioOf(through['serverCpuMs'], without['serverCpuMs']),
  };
}

function ratioOf(one: number | null | undefined, other: number | null | undefined): number | null {
  return one && other ? one / other : null;
}
