/** One round of growth: the same load on an empty database and on one that holds years. */
import type { GeneratorProcess } from '../measure/generator-process.ts';
import { type Figures, figuresOf } from '../measure/measurement.ts';
import { inTemporaryFolder } from '../measure/temporary-folder.ts';
import type { Options } from '../options.ts';
import type { Grown, RunningSystem, System } from '../systems/system.ts';

export const growthCallers = 64;

interface Round {
  readonly options: Options;
  readonly system: System;
  readonly grown: Grown;
  readonly generator: GeneratorProcess;
  readonly round: number;
}

/** The empty one goes first in every other round, so that neither is always the later one. */
export async function measureGrowth({
  options,
  system,
  grown,
  generator,
  round,
}: Round): Promise<Figures> {
  const { gateways } = generator;
  const load = (start: (folder: string) => Promise<RunningSystem>) =>
    inTemporaryFolder(async (folder) => {
      const running = await start(folder);
      try {
        const { seconds, warmUpSeconds } = options;
        const { shape } = running;
        const workload = 'pairs';
        return figuresOf(
          await generator.run(running, {
            ...{ workload, shape, callers: growthCallers, seconds, warmUpSeconds },
          }),
        );
      } finally {
        await running.stop();
      }
    });
  const onEmpty = () =>
    load((folder) => system.start({ folder, gateways, isWithBadGateways: false }));
  const onFilled = () => load(grown.start);
  const isEmptyFirst = round % 2 === 1;
  const first = await (isEmptyFirst ? onEmpty() : onFilled());
  const second = await (isEmptyFirst ? onFilled() : onEmpty());
  const [empty, filled] = isEmptyFirst ? [first, second] : [second, first];
  return {
    ...filled,
    rows: grown.filled.verifications,
    gigabytes: grown.filled.bytes / 1e9,
    perSecondEmpty: empty['perSecond'] ?? null,
    cpuMs: cpuOf(filled),
    cpuEmptyMs: cpuOf(empty),
    startP99EmptyMs: empty['startP99Ms'] ?? null,
    checkP99EmptyMs: empty['checkP99Ms'] ?? null,
    share: ratioOf(filled, empty, 'perSecond'),
    startP99Times: ratioOf(filled, empty, 'startP99Ms'),
    checkP99Times: ratioOf(filled, empty, 'checkP99Ms'),
  };
}

/** Of the server and its database together. */
function cpuOf({ serverCpuMs, databaseCpuMs }: Figures): number | null {
  return serverCpuMs == null || databaseCpuMs == null ? null : serverCpuMs + databaseCpuMs;
}

function ratioOf(filled: Figures, empty: Figures, name: string): number | null {
  const [of, by] = [filled[name], empty[name]];
  return of && by ? of / by : null;
}
