import { isForgettable } from '#domain/limits.ts';
import { inChunks, startStep } from '#storage/sqlite/bounded.ts';
import type { TimeSource } from '#storage/sqlite/clock.ts';
import { deliveryHead } from '#storage/sqlite/delivery-record.ts';
import type { Database } from '#storage/sqlite/statement.ts';
import type { SqliteTables } from '#storage/sqlite/tables.ts';
import { slotAt } from '#storage/sqlite/tallies.ts';
import { dayOf } from '#storage/steps/budgets.ts';
import { idempotencyKeptMs } from '#storage/steps/repeatable.ts';

/**
 * Forgets what is over, a bounded number of rows at a time. Rows lie in the order of time, so the
 * old ones are the first; what no time orders (ledgers) is walked once an hour from where the last
 * step stopped, and a purge that was not run for a week catches up step by step.
 */
const dayMs = 86_400_000;
const recipientKeptMs = 30 * dayMs;
const verificationKeptMs = 90 * dayMs;
const budgetKeptDays = 7;
const ledgerWalkEveryMs = 3_600_000;

const rowsMax = 500;

/** Does at most `limit` rows' work and answers how many it took; called with a few at a time. */
type PurgeStep = (limit: number, nowMs: number) => number;

export function createPurge(
  database: Database,
  tables: SqliteTables,
  monotonicMs: TimeSource['monotonicMs'],
) {
  const steps: readonly PurgeStep[] = [
    createIdempotencyStep(database),
    createCountersStep(database),
    (limit, nowMs) => tables.events.drop(limit, nowMs),
    createRecipientStep(database, tables),
    createVerificationStep(database, tables),
    createLedgerStep(database, tables),
  ];
  return (limit: number, nowMs: number): { more: boolean } => {
    let left = Math.max(1, Math.min(limit, rowsMax));
    const isOver = startStep(monotonicMs);
    for (const step of steps) {
      const { taken } = inChunks(left, isOver, (count) => step(count, nowMs));
      left -= taken;
      // One that found nothing leaves the turn to the next, however late it is.
      if (left <= 0 || (taken > 0 && isOver())) return { more: true };
    }
    return { more: false };
  };
}

function createIdempotencyStep(database: Database): PurgeStep {
  const remove = database.prepare(
    'DELETE FROM idempotency WHERE number IN ' +
      '(SELECT number FROM idempotency ORDER BY number LIMIT ?) AND created_at_ms < ?',
  );
  return (limit, nowMs) => remove.run(limit, nowMs - idempotencyKeptMs);
}

function createCountersStep(database: Database): PurgeStep {
  const tallies = database.prepare(
    'DELETE FROM tally WHERE (slot, application) IN ' +
      '(SELECT slot, application FROM tally WHERE slot < ? LIMIT ?)',
  );
  const budgets = database.prepare(
    'DELETE FROM budget WHERE (day, application, scope) IN ' +
      '(SELECT day, application, scope FROM budget WHERE day < ? LIMIT ?)',
  );
  return (limit, nowMs) =>
    tallies.run(slotAt(nowMs) - 1, limit) + budgets.run(dayOf(nowMs) - budgetKeptDays, limit);
}

function createRecipientStep(database: Database, { verifications }: SqliteTables): PurgeStep {
  const positions = createPositions(database);
  const next = database.prepare<{ head: number; id: string; created_at_ms: number }>(
    'SELECT head, id, created_at_ms FROM verification WHERE head > ? ORDER BY head LIMIT ?',
  );
  const erase = database.prepare(
    'DELETE FROM kept_request WHERE verification > ? AND verification <= ?',
  );
  return (limit, nowMs) => {
    const from = positions.read('recipient').position;
    const old = next
      .all(from, limit)
      .filter(({ created_at_ms }) => created_at_ms < nowMs - recipientKeptMs);
    const last = old.at(-1);
    if (last === undefined) return 0;
    erase.run(from, last.head);
    for (const { id } of old) verifications.leaveMemory(id);
    positions.write('recipient', last.head, nowMs);
    return old.length;
  };
}

function createVerificationStep(database: Database, tables: SqliteTables): PurgeStep {
  const oldest = database.prepare<{
    head: number;
    id: string;
    created_at_ms: number;
    delivery_ids: string;
  }>('SELECT head, id, created_at_ms, delivery_ids FROM verification ORDER BY head LIMIT ?');
  const remove = database.prepare('DELETE FROM verification WHERE head = ?');
  const removeRequest = database.prepare('DELETE FROM kept_request WHERE verification = ?');
  const removeDelivery = database.prepare('DELETE FROM delivery WHERE head = ?');
  const removeMessage = database.prepare('DELETE FROM outbox WHERE delivery = ?');
  return (limit, nowMs) => {
    let removed = 0;
    for (const row of oldest.all(limit)) {
      if (row.created_at_ms >= nowMs - verificationKeptMs) break;
      for (const id of JSON.parse(row.delivery_ids) as string[]) {
        const head = deliveryHead(id);
        removeMessage.run(head);
        removeDelivery.run(head);
        tables.deliveries.leaveMemory(id);
      }
      removeRequest.run(row.head);
      remove.run(row.head);
      tables.verifications.leaveMemory(row.id);
      removed++;
    }
    return removed;
  };
}

function createLedgerStep(database: Database, { ledgers }: SqliteTables): PurgeStep {
  const positions = createPositions(database);
  return (limit, nowMs) => {
    const { position, movedAtMs } = positions.read('ledger');
    if (position === 0 && nowMs - movedAtMs < ledgerWalkEveryMs) return 0;
    const kept = ledgers.after(position, limit);
    for (const found of kept) {
      if (found.live.size === 0 && isForgettable(found.ledger, nowMs)) ledgers.remove(found);
    }
    const last = kept.length < limit ? 0 : (kept.at(-1)?.number ?? 0);
    positions.write('ledger', last, nowMs);
    return kept.length;
  };
}

function createPositions(database: Database) {
  const read = database.prepare<{ position: number; moved_at_ms: number }>(
    'SELECT position, moved_at_ms FROM purge_position WHERE name = ?',
  );
  const write = database.prepare(
    'INSERT INTO purge_position (name, position, moved_at_ms) VALUES (?, ?, ?) ' +
      'ON CONFLICT DO UPDATE SET position = excluded.position, ' +
      'moved_at_ms = excluded.moved_at_ms',
  );
  return {
    read(name: string): { position: number; movedAtMs: number } {
      const row = read.get(name);
      return { position: row?.position ?? 0, movedAtMs: row?.moved_at_ms ?? 0 };
    },
    write(name: string, position: number, nowMs: number): void {
      write.run(name, position, nowMs);
    },
  };
}
