/**
 * How long the steps that the clock starts hold the thread of the embedded database:
 * `node bench/growth/holds.ts <data folder>`, on one that no server has open. Expiry of many at
 * once, then the purge of what the fill left due, which is there once.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { headAt } from '../../server/src/domain/id.ts';
import type { AttemptResult, StartStep } from '../../server/src/service/ports.ts';
import {
  type Checkpoints,
  createCheckpoints,
} from '../../server/src/storage/sqlite/checkpoints.ts';
import { type Engine, openEngine } from '../../server/src/storage/sqlite/engine.ts';
import type { Operation } from '../../server/src/storage/sqlite/handlers.ts';
import { idOf, randomSlice } from './finished-life.ts';

const expiring = 20_000;
const startsPerBatch = 100;
const lifetimeMs = 1_000;
/** As the server's own jobs ask (service/maintenance.ts). */
const rowsPerStep = 200;
const purgeMs = 30_000;

interface Holds {
  readonly steps: number;
  readonly p99Ms: number;
  readonly longestMs: number;
  /** Of processor time: what is left of the longest on a machine that does nothing else. */
  readonly longestCpuMs: number;
}

async function measureHolds(
  folder: string,
): Promise<{ readonly expiry: Holds; readonly purge: Holds }> {
  const engine = openEngine({ folder, role: 'server' });
  const checkpoints = createCheckpoints(engine.database, engine.file);
  try {
    startMany(engine);
    await new Promise((passed) => setTimeout(passed, lifetimeMs * 2));
    const expiry = await measure(engine, checkpoints, { verb: 'expireDue', args: [rowsPerStep] });
    const purge = await measure(engine, checkpoints, { verb: 'purge', args: [rowsPerStep] });
    return { expiry, purge };
  } finally {
    await checkpoints.close();
    engine.close();
  }
}

/** One batch for each step, as the server's thread runs it: the step and its commit. */
async function measure(
  engine: Engine,
  checkpoints: Checkpoints,
  operation: Operation,
): Promise<Holds> {
  const holdsMs: number[] = [];
  let longestCpuMs = 0;
  const endMs = performance.now() + purgeMs;
  for (let isMore = true; isMore && performance.now() < endMs; ) {
    const beganAtMs = performance.now();
    const cpuBefore = process.threadCpuUsage();
    const [outcome] = engine.run([operation]);
    holdsMs.push(performance.now() - beganAtMs);
    const { user, system } = process.threadCpuUsage(cpuBefore);
    longestCpuMs = Math.max(longestCpuMs, (user + system) / 1_000);
    if (!outcome?.ok) throw new Error(`A step failed: ${JSON.stringify(outcome)}`);
    isMore = (outcome.value as { more: boolean }).more;
    checkpoints.look();
    await turn();
  }
  const sorted = holdsMs.toSorted((one, other) => one - other);
  return {
    steps: sorted.length,
    p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
    longestMs: sorted.at(-1) ?? 0,
    longestCpuMs,
  };
}

function startMany(engine: Engine): void {
  const [listed] = engine.run([{ verb: 'listApplications', args: [] }]);
  const [application] = (listed?.ok ? listed.value : []) as { id: string }[];
  if (application === undefined) throw new Error('The folder has no application.');
  for (let started = 0; started < expiring; started += startsPerBatch) {
    const batch = Array.from({ length: startsPerBatch }, (_, nth) => ({
      verb: 'startVerification' as const,
      args: [startStep(application.id, headAt(Date.now()) + nth)] as [StartStep],
    }));
    const results = batch.map(({ args: [step] }) => sent(step.deliveries[0]?.id ?? ''));
    const outcomes = engine.run([...batch, { verb: 'recordAttempts', args: [results] }]);
    for (const outcome of outcomes) {
      if (!outcome.ok) throw new Error(`A start failed: ${outcome.message}`);
    }
  }
}

function sent(deliveryId: string): AttemptResult {
  return {
    deliveryId,
    provider: 'healthy',
    status: 'sent',
    wasTried: true,
    retryInMs: 0,
    isPossibleDuplicate: false,
    providerMessageId: randomSlice(20),
    costMicros: null,
    currency: null,
    error: null,
  };
}

function startStep(applicationId: string, head: number): StartStep {
  const recipientHash = randomSlice(43);
  const ledgerKey = randomSlice(43);
  return {
    verification: {
      id: idOf('vf', head),
      applicationId,
      origin: 'api',
      purpose: 'login',
      recipientHash,
      ledgerKey,
      country: 'DE',
      channel: 'sms',
      sealedCode: randomSlice(100),
      sealedRequest: randomSlice(300),
      codeBits: 19.93,
      checksMax: 5,
      sendsMax: 5,
      lifetimeMs,
      transactionHash: null,
      reference: null,
      metadata: null,
      hasCallback: false,
    },
    deliveries: [
      {
        id: idOf('dl', head),
        channel: 'sms',
        provider: 'healthy',
        parts: 1,
        quoteMicros: null,
        currency: null,
      },
    ],
    ledgers: [{ key: ledgerKey, count: 1, limits: [] }],
    budgets: [],
    secondStart: 'supersede',
    idempotency: null,
    leaseMs: lifetimeMs,
  };
}

function describe({ steps, p99Ms, longestMs, longestCpuMs }: Holds): string {
  return (
    `${steps} steps, p99 ${p99Ms.toFixed(1)} ms, longest ${longestMs.toFixed(1)} ms ` +
    `(${longestCpuMs.toFixed(1)} ms of processor time)`
  );
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Say the folder of the database: holds.ts <data folder>');
const { expiry, purge } = await measureHolds(folder);
process.stdout.write(`expiry: ${describe(expiry)}\npurge: ${describe(purge)}\n`);
