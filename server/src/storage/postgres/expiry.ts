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
 * At a thousand starts a second a look over that whole minute takes 50 ms, so a node does it only
 * now and then, and in between looks at what has come to its end since its last look.
 */
const lookBackEveryMs = 10_000;
const shortLagMs = 5_000;

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

/** A look of this node that found all there was. */
interface LastLook {
  readonly nowMs: number;
  readonly movedByMs: number;
  /** When it last looked over the whole lag, on the clock of `performance`. */
  readonly lookedBackAtMs: number;
}

/** On one node at a time; the next one does it when this one's connection has ended. */
export function createExpiry(inRounds: InRounds) {
  const wideLook = createWideLook();
  let last: LastLook | null = null;
  return async (limit: number): Promise<Expired> => {
    const beganAtMs = performance.now();
    const isRecent = last !== null && beganAtMs - last.lookedBackAtMs < lookBackEveryMs;
    const look = {
      most: Math.min(limit, expiriesMax),
      isWide: wideLook.isDue(),
      last: isRecent ? last : null,
    };
    const ended = await inRounds((its, set) => expire(its, set, look));
    if (ended === null) return { expired: [], more: false };
    if (look.isWide) wideLook.succeeded();
    const { nowMs, movedByMs, lookedBack, expired, more } = ended;
    const lookedBackAtMs = lookedBack ? beganAtMs : (look.last?.lookedBackAtMs ?? beganAtMs);
    last = more ? null : { nowMs, movedByMs, lookedBackAtMs };
    return { expired, more };
  };
}

interface Wanted {
  readonly most: number;
  readonly isWide: boolean;
  readonly last: LastLook | null;
}

interface Ended extends Expired {
  readonly nowMs: number;
  readonly movedByMs: number;
  readonly lookedBack: boolean;
}

/** Null where another node is at it. */
async function expire(
  its: Batching,
  set: WorkingSet,
  { most, isWide, last }: Wanted,
): Promise<Ended | null> {
  if (!(await tryLock(its, 'watchword_expiry'))) return null;
  const nowMs = await load(its, set, []);
  const progress = await readProgress(its);
  const { movedByMs } = its.clock;
  const lookedBack = last === null || last.movedByMs !== movedByMs;
  const { endedUntilMs } = progress;
  const fromMs = lookedBack ? endedUntilMs : Math.max(endedUntilMs, last.nowMs - shortLagMs);
  const strays = isWide ? await readStrays(its, { progress, nowMs, most }) : [];
  const recent = await readRecent(its, { progress, fromMs, nowMs, most: most - strays.length });
  const ends = await endAll(its, set, [...strays, ...recent], nowMs);
  const more = ends.length === most;
  if (lookedBack) {
    // Where strays alone filled the step, nobody knows what is due of the recent ones.
    const lastEndMs = recent.length > 0 ? (ends.at(-1)?.expiresAtMs ?? 0) : 0;
    const untilMs = more ? lastEndMs - 1 : nowMs;
    await writeProgress(its, progress, Math.min(untilMs, nowMs - lagMs));
  }
  const expired = ends.map(({ id, applicationId }) => ({ id, applicationId }));
  return { expired, more, nowMs, movedByMs, lookedBack };
}

async function endAll(
  its: Batching,
  set: WorkingSet,
  rows: readonly TextRow[],
  nowMs: number,
): Promise<readonly KeptVerification['record'][]> {
  let due: KeptVerification[] = [];
  await takingApplications(set.shared, () => {
    due = rows.map((row) => takeVerification(set, row));
  });
  const batch = due.map(endingOf);
  await load(
    its,
    set,
    batch.flatMap((ending) => ending.keys),
  );
  for (const { outcome } of await runOn(its, set, batch, nowMs)) {
    if (outcome.kind === 'failed') throw outcome.error;
  }
  await save(its, set);
  return due.map(({ record }) => record);
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

async function readRecent(
  its: Batching,
  { progress, fromMs, nowMs, most }: Look & { readonly fromMs: number },
): Promise<readonly TextRow[]> {
  const values = [fromMs, nowMs, recentFrom(progress, its), most].map(String);
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
