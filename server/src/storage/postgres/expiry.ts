import type { Storage } from '#service/ports.ts';
import { type Attempt, type Batching, runOn, save } from '#storage/postgres/batch.ts';
import { dayAt, dayMs, lowestId } from '#storage/postgres/days.ts';
import type { TextRow } from '#storage/postgres/exchange.ts';
import { createWideLook } from '#storage/postgres/horizon.ts';
import type { Key } from '#storage/postgres/keys.ts';
import { load, takeVerification, takingApplications } from '#storage/postgres/load.ts';
import { readPosition, writePosition } from '#storage/postgres/positions.ts';
import { type InRounds, tryLock } from '#storage/postgres/rounds.ts';
import { verificationColumns } from '#storage/postgres/verification-columns.ts';
import type { WorkingSet } from '#storage/postgres/working-set.ts';
import { endNow } from '#storage/steps/resend.ts';
import type { KeptVerification } from '#storage/steps/tables.ts';

/** Ending one takes some 50 µs, half of it here: a step holds nobody up for long. */
const expiriesMax = 250;

/** No lifetime is longer than a day. */
const daysBack = 2;

/** Longer than a statement may take: what was under way when the clock was moved is over then. */
const settledAfterMs = 10_000;

/**
 * Where nothing happens nothing needs to be written, and looking again at so little costs nothing.
 */
const keptEveryMs = 5_000;

/**
 * Longer than a row may stay locked, or written and not yet seen: a transaction is some statements,
 * each with its time-out. What was passed over is looked at again.
 */
const lagMs = 60_000;

/**
 * Ids are made by the clocks of nodes. Where one was wrong by days, a life lies in another day than
 * those that are looked into; the others are looked into now and then, this far back. It is longer
 * than from one such look to the next, and few rows: the lives of those days ended long before.
 */
const strayMs = dayMs;

/** Lives whose end is in a span of time, in the order of their ends. */
function selectDue(days: 'recent' | 'others'): string {
  return (
    `SELECT ${verificationColumns.join(', ')} FROM verification WHERE status = 'pending' ` +
    `AND expires_at_ms > $1 AND expires_at_ms <= $2 AND id ${days === 'recent' ? '>=' : '<'} $3 ` +
    'ORDER BY expires_at_ms LIMIT $4 FOR UPDATE SKIP LOCKED'
  );
}

const selectRecent = selectDue('recent');
const selectStrays = selectDue('others');

/**
 * How far it has come. All lives before this moment are ended, and none is written down any more
 * whose end has passed (`refuseEnded` in save.ts). Only a clock that is moved makes that possible,
 * so then the moment stays for as long as something from before may be under way.
 */
interface Progress {
  readonly endedUntilMs: number;
  readonly movedByMs: number;
  /** When the clock was seen to have moved, in unmoved time. */
  readonly movedSinceMs: number;
}

type Expired = Awaited<ReturnType<Storage['expireDue']>>;

/** On one node at a time; the next one does it when this one's connection has ended. */
export function createExpiry(inRounds: InRounds) {
  const wideLook = createWideLook();
  return async (limit: number): Promise<Expired> => {
    const isWide = wideLook.isDue();
    const most = Math.min(limit, expiriesMax);
    const expired = await inRounds((its, set) => expire(its, set, { most, isWide }));
    if (expired !== null && isWide) wideLook.succeeded();
    return expired ?? { expired: [], more: false };
  };
}

/** Null where another node is at it. */
async function expire(
  its: Batching,
  set: WorkingSet,
  { most, isWide }: { readonly most: number; readonly isWide: boolean },
): Promise<Expired | null> {
  if (!(await tryLock(its, 'watchword_expiry'))) return null;
  const nowMs = await load(its, set, []);
  const progress = await readProgress(its);
  const strays = isWide ? await readStrays(its, { progress, nowMs, most }) : [];
  const recent = await readRecent(its, { progress, nowMs, most: most - strays.length });
  let due: KeptVerification[] = [];
  await takingApplications(set.shared, () => {
    due = [...strays, ...recent].map((row) => takeVerification(set, row));
  });
  const batch = due.map(endingOf);
  const keys = batch.flatMap((ending) => ending.keys);
  for (const { outcome } of await runOn(its, set, batch, keys)) {
    if (outcome.kind === 'failed') throw outcome.error;
  }
  await save(its, set);
  const more = due.length === most;
  // Where strays alone filled the step, nobody knows what is due of the recent ones.
  const last = recent.length > 0 ? (due.at(-1)?.record.expiresAtMs ?? 0) : 0;
  await writeProgress(its, progress, Math.min(more ? last - 1 : nowMs, nowMs - lagMs));
  const expired = due.map(({ record: { id, applicationId } }) => ({ id, applicationId }));
  return { expired, more };
}

interface Look {
  readonly progress: Progress;
  readonly nowMs: number;
  readonly most: number;
}

/** The lowest id of the days that a life is in whose end nobody has looked for yet. */
function recentFrom({ endedUntilMs }: Progress, { clock }: Batching): string {
  // Ids are made by the machine's clock, which the sandbox does not move.
  const oldest = Math.max(0, dayAt(endedUntilMs - clock.movedByMs) - daysBack);
  return lowestId('verification', oldest);
}

async function readRecent(its: Batching, look: Look): Promise<readonly TextRow[]> {
  const { progress, nowMs, most } = look;
  const values = [progress.endedUntilMs, nowMs, recentFrom(progress, its), most].map(String);
  const [rows = []] = await its.exchange([{ text: selectRecent, values }]);
  return rows;
}

async function readStrays(its: Batching, look: Look): Promise<readonly TextRow[]> {
  const { progress, nowMs, most } = look;
  const from = pendingAfterMs(progress);
  const values = [from, nowMs, recentFrom(progress, its), most].map(String);
  const [rows = []] = await its.exchange([{ text: selectStrays, values }]);
  return rows;
}

/** Every life that ends at this moment or earlier has been looked for, wherever it lies. */
function pendingAfterMs({ endedUntilMs }: Progress): number {
  return endedUntilMs - strayMs;
}

/** No life is pending that ends at this moment or earlier. */
export async function readPendingAfterMs(its: Batching): Promise<number> {
  return pendingAfterMs(await readProgress(its));
}

async function readProgress(its: Batching): Promise<Progress> {
  const { position } = await readPosition(its, 'expiry');
  const [endedUntilMs = 0, movedByMs = 0, movedSinceMs = 0] = position.split(' ').map(Number);
  if (movedByMs === its.clock.movedByMs) return { endedUntilMs, movedByMs, movedSinceMs };
  const { movedByMs: nowMovedByMs, highWaterMs } = its.clock;
  return { endedUntilMs, movedByMs: nowMovedByMs, movedSinceMs: highWaterMs };
}

async function writeProgress(its: Batching, progress: Progress, untilMs: number): Promise<void> {
  const { movedByMs, movedSinceMs, endedUntilMs } = progress;
  const isSettled = movedByMs === 0 || its.clock.highWaterMs - movedSinceMs > settledAfterMs;
  const until = isSettled ? untilMs : endedUntilMs;
  if (isSettled && until - endedUntilMs < keptEveryMs) return;
  const position = [until, movedByMs, movedSinceMs].join(' ');
  await writePosition(its, 'expiry', { position, movedAtMs: its.clock.lastMs });
}

function endingOf(kept: KeptVerification): Attempt {
  const { application, deliveryIds, record } = kept;
  const keys: Key[] = [
    { table: 'ledger', application, key: record.ledgerKey },
    ...deliveryIds.map((id): Key => ({ table: 'delivery', id })),
  ];
  const run: Attempt['operation']['run'] = (tables, nowMs) =>
    endNow(tables, kept, 'time_passed', nowMs);
  return { operation: { keys: () => keys, run }, keys };
}
