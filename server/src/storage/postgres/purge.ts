/**
 * Forgets what is over, a bounded number of rows at a time, on one node at a time. History leaves
 * in whole days: a partition is dropped 90 days after its day, which takes no longer for many rows
 * than for few. A day is old when this machine's clock and the database's both say so, and when
 * nothing in it is under way: one wrong clock takes nothing away. Where the sandbox has moved the
 * clock its rows are older than their day, and leave one by one. What no time orders (ledgers) is
 * walked once an hour from where the last step stopped.
 */
import { isForgettable } from '#domain/limits.ts';
import type { Batching } from '#storage/postgres/batch.ts';
import { dayAt, dayMs } from '#storage/postgres/days.ts';
import type { TextRow } from '#storage/postgres/exchange.ts';
import { readPendingAfterMs } from '#storage/postgres/expiry.ts';
import { ledgerColumns, toLedger } from '#storage/postgres/ledger-columns.ts';
import { load } from '#storage/postgres/load.ts';
import type { Partitions } from '#storage/postgres/partitions.ts';
import { readPosition, writePosition } from '#storage/postgres/positions.ts';
import { type InRounds, tryLock } from '#storage/postgres/rounds.ts';
import { slotAt } from '#storage/postgres/tallies.ts';
import { dayOf } from '#storage/steps/budgets.ts';
import { eventKeptMs } from '#storage/steps/events.ts';
import { idempotencyKeptMs } from '#storage/steps/repeatable.ts';

const recipientKeptMs = 30 * dayMs;
const verificationKeptDays = 90;
const budgetKeptDays = 7;
const ledgerWalkEveryMs = 3_600_000;

/** A step of so many rows takes a few milliseconds, and waits for nobody. */
const rowsMax = 500;

interface Place {
  readonly its: Batching;
  readonly nowMs: number;
  /** Whether the sandbox has moved the clock. */
  readonly isMoved: boolean;
}

/** Does at most `limit` rows' work and answers how many it took. */
type PurgeStep = (place: Place, limit: number) => Promise<number>;

const steps: readonly PurgeStep[] = [
  forgetRepeatable,
  forgetCounters,
  dropEvents,
  eraseRecipients,
  forgetMovedHistory,
  forgetLedgers,
];

export function createPurge(inRounds: InRounds, partitions: Partitions) {
  return async (limit: number): Promise<{ more: boolean }> => {
    await partitions.makeAhead();
    const done = await inRounds(async (its, set) => {
      if (!(await tryLock(its, 'watchword_purge'))) return null;
      const nowMs = await load(its, set, []);
      const [clock = []] = await its.exchange([
        { text: 'SELECT offset_ms FROM clock', values: [] },
      ]);
      const place = { its, nowMs, isMoved: clock[0]?.[0] !== '0' };
      const more = await takeSteps(place, Math.max(1, Math.min(limit, rowsMax)));
      const today = dayAt(Math.min(Date.now(), its.clock.highWaterMs));
      return { more, today, pendingAfterMs: await readPendingAfterMs(its) };
    });
    if (done === null) return { more: false };
    // By itself, because everybody waits for a drop until its transaction ends.
    await partitions.dropBefore(done.today - verificationKeptDays, done.pendingAfterMs);
    return { more: done.more };
  };
}

/** Answers whether there may be more to do. */
async function takeSteps(place: Place, limit: number): Promise<boolean> {
  let left = limit;
  for (const step of steps) {
    left -= await step(place, left);
    if (left <= 0) return true;
  }
  return false;
}

async function ask(
  { its }: Place,
  text: string,
  ...values: readonly (string | number)[]
): Promise<readonly TextRow[]> {
  const [rows = []] = await its.exchange([{ text, values: values.map(String) }]);
  return rows;
}

async function forgetRepeatable(place: Place, limit: number): Promise<number> {
  const text =
    'DELETE FROM idempotency WHERE (shard, key_hash) IN (SELECT shard, key_hash FROM idempotency ' +
    'WHERE created_at_ms < $1 ORDER BY created_at_ms LIMIT $2) RETURNING 1';
  return (await ask(place, text, place.nowMs - idempotencyKeptMs, limit)).length;
}

async function forgetCounters(place: Place, limit: number): Promise<number> {
  const tallies = await ask(
    place,
    'DELETE FROM tally WHERE (slot, application) IN ' +
      '(SELECT slot, application FROM tally WHERE slot < $1 LIMIT $2) RETURNING 1',
    slotAt(place.nowMs) - 1,
    limit,
  );
  const budgets = await ask(
    place,
    'DELETE FROM budget WHERE (shard, application, day, scope) IN ' +
      '(SELECT shard, application, day, scope FROM budget WHERE day < $1 LIMIT $2) RETURNING 1',
    dayOf(place.nowMs) - budgetKeptDays,
    limit,
  );
  return tallies.length + budgets.length;
}

async function dropEvents(place: Place, limit: number): Promise<number> {
  const text =
    'DELETE FROM event WHERE at_ms < $1 AND (number, shard) IN ' +
    '(SELECT number, shard FROM event ORDER BY number LIMIT $2) RETURNING 1';
  return (await ask(place, text, place.nowMs - eventKeptMs, limit)).length;
}

/** In the order of ids, which is that of time, from where the last step stopped. */
async function eraseRecipients(place: Place, limit: number): Promise<number> {
  const { position } = await readPosition(place.its, 'recipient');
  const next = await ask(
    place,
    'SELECT id, created_at_ms FROM verification WHERE id > $1 ORDER BY id LIMIT $2',
    position,
    limit,
  );
  const old = next.filter(([, createdAtMs]) => Number(createdAtMs) < place.nowMs - recipientKeptMs);
  const last = old.at(-1)?.[0];
  if (last == null) return 0;
  const text =
    'UPDATE verification SET sealed_request = NULL, version = version + 1 ' +
    'WHERE id > $1 AND id <= $2';
  await ask(place, text, position, last);
  await writePosition(place.its, 'recipient', { position: last, movedAtMs: place.nowMs });
  return old.length;
}

async function forgetMovedHistory(place: Place, limit: number): Promise<number> {
  if (!place.isMoved) return 0;
  const removed = await ask(
    place,
    `WITH oldest AS (SELECT id, shard, created_at_ms FROM verification ORDER BY id LIMIT $2)
     DELETE FROM verification USING oldest
     WHERE verification.id = oldest.id AND verification.shard = oldest.shard
       AND oldest.created_at_ms < $1
     RETURNING delivery_ids`,
    place.nowMs - verificationKeptDays * dayMs,
    limit,
  );
  const deliveries = removed.flatMap(([ids]) => (ids ? ids.split(' ') : []));
  const text = "DELETE FROM delivery WHERE id = ANY (string_to_array($1, ' '))";
  if (deliveries.length > 0) await ask(place, text, deliveries.join(' '));
  return removed.length;
}

async function forgetLedgers(place: Place, limit: number): Promise<number> {
  const { position, movedAtMs } = await readPosition(place.its, 'ledger');
  if (position === '' && place.nowMs - movedAtMs < ledgerWalkEveryMs) return 0;
  const [shard = '', application = '', key = ''] = (position || '-1 0 -').split(' ');
  const rows = await ask(
    place,
    `SELECT ${ledgerColumns.join(', ')}, shard FROM ledger ` +
      'WHERE (shard, application, key) > ($1, $2, $3) ORDER BY shard, application, key LIMIT $4',
    ...[shard, application, key, limit],
  );
  const over = rows.filter((row) => {
    const { ledger, live } = toLedger(row);
    return live.size === 0 && isForgettable(ledger, place.nowMs);
  });
  // One that has been written to meanwhile stays.
  const text =
    'DELETE FROM ledger WHERE shard = $1 AND application = $2 AND key = $3 AND version = $4';
  const values = over.map((row) => [row.at(-1) ?? '', row[1] ?? '', row[2] ?? '', row[0] ?? '']);
  if (over.length > 0) await place.its.exchange(values.map((one) => ({ text, values: one })));
  const last = rows.length < limit ? undefined : rows.at(-1);
  const next = last === undefined ? '' : `${last.at(-1)} ${last[1]} ${last[2]}`;
  await writePosition(place.its, 'ledger', { position: next, movedAtMs: place.nowMs });
  return rows.length;
}
