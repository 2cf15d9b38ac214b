/** What is done with a system that runs; each workload answers its measurements. */
import { measureFacades } from '../facades/facade-rounds.ts';
import { measureKafka } from '../kafka/kafka-rounds.ts';
import type { Load } from '../load/protocol.ts';
import type { WorkloadName } from '../options.ts';
import { startProgram } from '../systems/program.ts';
import { figuresOf, median } from './measurement.ts';
import { memoryOf } from './process-tree.ts';
import type { WorkloadContext } from './workload-context.ts';

/** Where the goals of the project are read. */
const usualCallers = 64;
const besideCallers = 32;
const startsMeasured = 7;
/** However slow a system is, the workload `memory` ends after this. */
const memorySeconds = 600;

/** Growth is apart from them (growth/growth-round.ts): it needs two databases. */
export const workloads: Readonly<
  Record<Exclude<WorkloadName, 'growth'>, (context: WorkloadContext) => Promise<void>>
> = {
  async pairs(context) {
    for (const callers of context.options.callers) {
      context.record(callers, figuresOf(await run(context, { callers })));
    }
  },

  async 'wrong-checks'(context) {
    const measured = await run(context, { workload: 'wrong-checks' });
    context.record(usualCallers, figuresOf(measured));
  },

  async providers(context) {
    const { bad } = context.system;
    if (bad === undefined) return;
    // The first load of a process is slower than the second: it warms up for as long again.
    const { seconds, warmUpSeconds } = context.options;
    const alone = figuresOf(await run(context, { warmUpSeconds: seconds + warmUpSeconds }));
    const beside = { ...bad, callers: besideCallers };
    const figures = figuresOf(await run(context, { beside }));
    context.record(usualCallers, {
      ...figures,
      perSecondAlone: alone['perSecond'] ?? null,
      startP99AloneMs: alone['startP99Ms'] ?? null,
      share: (figures['perSecond'] ?? 0) / (alone['perSecond'] ?? 1),
    });
  },

  async 'start-up'(context) {
    const { system } = context;
    await system.stopServers();
    const times: number[] = [];
    for (let nth = 0; nth < startsMeasured; nth++) {
      const beganAtMs = performance.now();
      const program = await startProgram(system.startPlan);
      times.push(performance.now() - beganAtMs);
      await program.stop();
    }
    context.record(0, { startUpMs: median(times), startUpMostMs: Math.max(...times) });
  },

  facades: measureFacades,

  kafka: measureKafka,

  async memory(context) {
    const { options, system } = context;
    const steps: Record<string, number> = {};
    const [server = 0] = system.servers;
    const load = { pairsMax: options.memoryPairs, seconds: memorySeconds, warmUpSeconds: 0 };
    const measured = await run(context, load, (done) => {
      steps[`memoryAt${done}MiB`] = memoryOf(server)?.nowMiB ?? 0;
    });
    context.record(usualCallers, { ...figuresOf(measured), ...steps });
  },
};

function run(
  { options, system, generator }: WorkloadContext,
  differing: Partial<Load>,
  progress?: (done: number) => void,
) {
  const load: Load = {
    workload: 'pairs',
    shape: system.shape,
    callers: usualCallers,
    warmUpSeconds: options.warmUpSeconds,
    seconds: options.seconds,
    ...differing,
  };
  return generator.run(system, load, progress);
}
