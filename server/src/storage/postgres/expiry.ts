import type { Storage } from '#service/ports.ts';
import { type Attempt, type Batching, runOn, save } from '#storage/postgres/batch.ts';
import { dayAt, lowestId } from '#storage/postgres/days.ts';
import type { TextRow } from '#storage/postgres/exchange.ts';
import type { Key } from '#storage/postgres/keys.ts';
import { load, takeVerification, takingApplications } from '#storage/postgres/load.ts';
import { readPosition, writePosition } from '#storage/postgres/positions.ts';
import { type InRounds, tryLock } from '#storage/postgres/rounds.ts';
import { verificationColumns } from '#storage/postgres/verification-columns.ts';
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

const selectDue =
  `SELECT ${verificationColumns.join(', ')} FROM verification WHERE status = 'pending' ` +
  'AND expires_at_ms > $1 AND expires_at_ms <= $2 AND id >= $3 ' +
  'ORDER BY expires_at_ms LIMIT $4 FOR UPDATE SKIP LOCKED';

/**
 * Longer than a row may be locked by a statement, or written and not yet seen: what was passed over
 * is looked at again.
 */
const lagMs = 5_000;

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
  return (limit: number): Promise<Expired> =>
    inRounds(async (its, set) => {
      if (!(await tryLock(its, 'watchword_expiry'))) return { expired: [], more: false };
      const nowMs = await load(its, set, []);
      const progress = await readProgress(its);
      const most = Math.min(limit, expiriesMax);
      const rows = await readDue(its, { progress, nowMs, most });
      let due: KeptVerification[] = [];
      await takingApplications(set.shared, () => {
        due = rows.map((row) => takeVerification(set, row));
      });
      const batch = due.map(endingOf);
      const keys = batch.flatMap((ending) => ending.keys);
      for (const { outcome } of await runOn(its, set, batch, keys)) {
        if (outcome.kind === 'failed') throw outcome.error;
      }
      await save(its, set);
      const more = due.length === most;
      const last = due.at(-1)?.record.expiresAtMs ?? nowMs;
      await writeProgress(its, progress, Math.min(more ? last - 1 : nowMs, nowMs - lagMs));
      const expired = due.map(({ record: { id, applicationId } }) => ({ id, applicationId }));
      return { expired, more };
    });
}

async function readDue(
  { exchange, clock }: Batching,
  { progress, nowMs, most }: { progress: Progress; nowMs: number; most: number },
): Promise<readonly TextRow[]> {
  const { endedUntilMs } = progress;
  // Ids are made by the machine's clock, which the sandbox does not move.
  const oldest = Math.max(0, dayAt(endedUntilMs - clock.movedByMs) - daysBack);
  const from = lowestId('verification', oldest);
  const values = [endedUntilMs, nowMs, from, most].map(String);
  const [rows = []] = await exchange([{ text: selectDue, values }]);
  return rows;
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
