import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { repository } from '../source-files.ts';
import { type Gateway, mayBeTaken, startGateway } from './gateway.ts';
import { isAcknowledged, verificationOf } from './history.ts';
import { type Evidence, findViolations } from './invariants.ts';
import { createRecorder, type Recorder, runClient } from './load.ts';
import { createRandomSource, type RandomSource } from './random-source.ts';
import { type Recovery, recover } from './recovery.ts';
import { describeFault, type Fault, lastsMsOf } from './schedule.ts';
import type { OpenSystem, SystemUnderTest } from './system-under-test.ts';

/** What came of one run. */
export interface RunReport {
  readonly seed: string;
  readonly faults: readonly Fault[];
  readonly acknowledgedStarts: number;
  readonly messages: number;
  /** Deliveries that a phone may have got twice; each is marked. */
  readonly doubled: number;
  readonly lost: number;
  readonly recoveryMs: number;
  /** How long the last request under a key waited for its answer, from the end of the faults. */
  readonly answersMs: number;
  readonly violations: readonly string[];
}

/** How often the sandbox's clock is moved, so that resends come to be allowed. */
const advances = 2;
const advanceSeconds = 31;

/** One run: the load with its faults, the recovery, and the judgement. */
export async function runFaults(
  system: SystemUnderTest,
  seed: string,
  makeFaults: (random: RandomSource) => readonly Fault[],
): Promise<RunReport> {
  const random = createRandomSource(seed);
  const faults = makeFaults(random);
  const gateway = await startGateway();
  try {
    const open = await system.open(gateway, new Set(faults.map(({ kind }) => kind)));
    try {
      return await runOn(open, { seed, random, faults, gateway });
    } finally {
      await open.remove();
    }
  } finally {
    await gateway.close();
  }
}

interface RunParts {
  readonly seed: string;
  readonly random: RandomSource;
  readonly faults: readonly Fault[];
  readonly gateway: Gateway;
}

async function runOn(open: OpenSystem, parts: RunParts): Promise<RunReport> {
  const { seed, random, faults, gateway } = parts;
  const recorder = createRecorder(open.nodes);
  let isOver = false;
  const clients = Array.from({ length: random.between(4, 8) }, (_, index) =>
    runClient({
      recorder,
      gateway,
      random: createRandomSource(`${seed}/client ${index}`),
      isOver: () => isOver,
    }),
  );
  const lastMs = Math.max(...faults.map((fault) => fault.atMs + lastsMsOf(fault)));
  const clock = advanceClock(open, lastMs);
  await Promise.all(faults.map((fault) => happen(open, gateway, fault)));
  isOver = true;
  const overAtMs = performance.now();
  const whenAlone = Promise.all([...clients, clock]);
  const recovered = await recover(open, { recorder, gateway, random, overAtMs, whenAlone });
  await repeatSome(open, recorder, random);
  const readings = await recovered.readEverything();
  await Promise.all(open.nodes.map((node) => node.stop()));
  const evidence: Evidence = {
    operations: recorder.operations,
    messages: gateway.messages,
    records: await open.readRecords(open.nodes[0]?.application ?? ''),
    readings,
    isRefusalExact: open.isRefusalExact,
    movedForwardMs: movedForwardMs(open, faults),
  };
  const violations = [...recovered.violations, ...findViolations(evidence)];
  if (violations.length > 0) keepEvidence(parts, open, { ...evidence, violations });
  return { ...report(parts, evidence), ...timesOf(recovered), violations };
}

/** Waits for the time of a fault, and until it is over: what was killed is up again by then. */
async function happen(open: OpenSystem, gateway: Gateway, fault: Fault): Promise<void> {
  await pause(fault.atMs);
  if (fault.kind === 'provider misbehaves') {
    gateway.setMood(fault.providers, fault.mood);
    await pause(fault.lastsMs);
    gateway.setMood(fault.providers, 'works');
    return;
  }
  const end = await open.begin(fault);
  await pause(lastsMsOf(fault));
  await end();
}

async function advanceClock({ nodes }: OpenSystem, lastMs: number): Promise<void> {
  const [node] = nodes;
  for (let step = 1; step <= advances && node !== undefined; step++) {
    await pause(lastMs / (advances + 1));
    await fetch(`${node.url}/v1/sandbox/clock`, {
      method: 'POST',
      headers: { authorization: `Bearer ${node.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ advanceSeconds }),
      signal: AbortSignal.timeout(5_000),
      // A node that is down moves no clock: then fewer resends are allowed, which is all.
    }).catch(() => undefined);
  }
}

function movedForwardMs({ isTimeOfNodes }: OpenSystem, faults: readonly Fault[]): number {
  const steps = faults.flatMap((fault) => (fault.kind === 'clock stepped' ? fault.stepMs : []));
  const stepped = steps.filter((stepMs) => stepMs > 0).reduce((sum, stepMs) => sum + stepMs, 0);
  return advances * advanceSeconds * 1_000 + (isTimeOfNodes ? stepped : 0);
}

const repeatsMax = 12;

/** The same under the same key, when all is over: at another node, after restarts. */
async function repeatSome(
  { nodes }: OpenSystem,
  { operations, repeat }: Recorder,
  random: RandomSource,
): Promise<void> {
  const keyed = operations.filter((one) => one.key !== null && isAcknowledged(one));
  for (let count = Math.min(repeatsMax, keyed.length); count > 0; count--) {
    await repeat(random.pick(keyed), random.below(nodes.length));
  }
}

function timesOf(recovered: Recovery): Pick<RunReport, 'recoveryMs' | 'answersMs'> {
  const { recoveryMs, answersMs } = recovered;
  return { recoveryMs: Math.round(recoveryMs), answersMs: Math.round(answersMs) };
}

function report(
  { seed, faults }: RunParts,
  evidence: Evidence,
): Omit<RunReport, 'recoveryMs' | 'answersMs' | 'violations'> {
  const { operations, messages, records } = evidence;
  const started = operations.filter((one) => one.kind === 'start' && isAcknowledged(one));
  const kept = new Set(records.map(({ verification }) => verification.id));
  const taken = Map.groupBy(messages.filter(mayBeTaken), ({ deliveryId }) => deliveryId);
  return {
    seed,
    faults,
    acknowledgedStarts: started.length,
    messages: messages.length,
    doubled: [...taken.values()].filter((all) => all.length > 1).length,
    lost: started.filter((one) => !kept.has(verificationOf(one) ?? '')).length,
  };
}

/** Everything that is known of a run that failed, beside what it printed. */
function keepEvidence(
  { seed, faults }: RunParts,
  open: OpenSystem,
  evidence: Evidence & { violations: readonly string[] },
): void {
  const folder = join(repository, '.cache', 'faults');
  mkdirSync(folder, { recursive: true });
  const name = seed.replace(/[^a-z0-9-]/gi, '-');
  const known = {
    ...{ seed, faults: faults.map(describeFault) },
    ...{ ...evidence, readings: [...evidence.readings] },
  };
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(known, null, 2));
  for (const [index, node] of open.nodes.entries()) {
    writeFileSync(join(folder, `${name}-node-${index}.log`), node.output());
  }
}
