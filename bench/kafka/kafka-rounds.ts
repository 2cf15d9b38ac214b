/**
 * Commands over Kafka, beside echoes on the same broker. All of them run all the time, and one of
 * them at a time has work, in many short windows: what else the machine does hits all alike. A
 * ratio is made within a round, to the window of an echo.
 */
import type { KafkaLoad } from '../load/protocol.ts';
import { type Figures, figuresOf } from '../measure/measurement.ts';
import type { WorkloadContext } from '../measure/workload-context.ts';
import type { KafkaUnderTest } from './kafka-site.ts';

/** Each round of the other workloads is cut into so many. */
const cuts = 2;
const outstandingMax = 64;
/** Before the first round, of each: programs that just started are slower. */
const firstWarmUpSeconds = 2;

interface Part extends Pick<KafkaLoad, 'steps'> {
  /** As the table calls it. */
  readonly title: string;
  readonly whose: 'flowx' | 'native' | 'alone' | 'together';
}

const alone: Part = { title: 'echo', whose: 'alone', steps: 'starts' };
const together: Part = { title: 'echo, replies together', whose: 'together', steps: 'starts' };
const flowx: Part = { title: 'FlowX.AI', whose: 'flowx', steps: 'pairs' };
const native: Part = { title: 'native', whose: 'native', steps: 'pairs' };
/** Checks are of what the starts before them have made. */
const middle: readonly Part[] = [
  { title: 'FlowX.AI, generate', whose: 'flowx', steps: 'starts' },
  alone,
  { title: 'FlowX.AI, validate', whose: 'flowx', steps: 'checks' },
];

export async function measureKafka(context: WorkloadContext): Promise<void> {
  const { options, system } = context;
  const { kafka } = system;
  if (kafka === undefined) return;
  for (const part of [flowx, together, alone]) {
    await measure(context, kafka, part, outstandingMax, firstWarmUpSeconds);
  }
  for (let round = 1; round <= options.rounds * cuts; round++) {
    for (const part of [flowx, native, alone]) {
      const figures = await measure(context, kafka, part, 1);
      context.record(1, figures, { round, part: part.title });
    }
    await measureThroughput(context, kafka, round);
  }
}

/** The pairs go first in every other round, so that none is always the later one. */
async function measureThroughput(context: WorkloadContext, kafka: KafkaUnderTest, round: number) {
  const inOrder = round % 2 === 1 ? [...middle, flowx, together] : [flowx, together, ...middle];
  const measured: { readonly part: Part; readonly figures: Figures }[] = [];
  for (const part of inOrder) {
    measured.push({ part, figures: await measure(context, kafka, part, outstandingMax) });
  }
  const perSecondOf = (wanted: Part) =>
    measured.find(({ part }) => part === wanted)?.figures['perSecond'] ?? 0;
  for (const { part, figures } of measured) {
    const shares = {
      share: perSecondOf(part) / perSecondOf(alone),
      shareOfTogether: perSecondOf(part) / perSecondOf(together),
    };
    context.record(outstandingMax, { ...figures, ...shares }, { round, part: part.title });
  }
}

async function measure(
  { options, system, generator }: WorkloadContext,
  kafka: KafkaUnderTest,
  { whose, steps }: Part,
  callers: number,
  seconds = options.seconds / cuts,
): Promise<Figures> {
  const isEcho = whose === 'alone' || whose === 'together';
  const servers = isEcho ? [kafka[whose].processId] : system.servers;
  const shape = isEcho ? kafka[whose].shape : kafka[whose];
  const warmUpSeconds = options.warmUpSeconds / cuts;
  return figuresOf(
    await generator.run(
      { servers, databases: [kafka.brokerProcessId] },
      { workload: 'kafka', shape, steps, callers, seconds, warmUpSeconds },
    ),
  );
}
