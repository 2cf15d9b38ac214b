/**
 * How rows are found: by whole primary keys, which begin or end with the shard, and in the
 * partition of the day that the id names. Keys come as arrays, so one text serves any number of
 * them.
 */
import { shards } from '#domain/id.ts';
import { partitionOf } from '#storage/postgres/days.ts';
import { deliveryColumns } from '#storage/postgres/delivery-columns.ts';
import { idempotencyColumns } from '#storage/postgres/idempotency-columns.ts';
import { ledgerColumns } from '#storage/postgres/ledger-columns.ts';
import { verificationColumns } from '#storage/postgres/verification-columns.ts';

function columnsOf(alias: string, columns: readonly string[]): string {
  return columns.map((name) => `${alias}.${name}`).join(', ');
}

/** Where the columns of the ledger and of a delivery begin in a row of `readVerifications`. */
export const ledgerStart = verificationColumns.length;
export const deliveryStart = ledgerStart + ledgerColumns.length;

/**
 * A verification with its recipient's ledger and, where that is asked for, its first delivery,
 * which most often is the only one. What is not found here (more deliveries, ids without a shard)
 * is read by its own key.
 */
export const readVerifications = eachDay(
  (day) =>
    `SELECT ${columnsOf('v', verificationColumns)}, ${columnsOf('l', ledgerColumns)}, ` +
    `${columnsOf('d', deliveryColumns)} ` +
    'FROM unnest($1::text[], $2::smallint[], $3::boolean[]) AS k(id, shard, with_delivery) ' +
    `JOIN ${partitionOf('verification', day)} v ON v.id = k.id AND v.shard = k.shard ` +
    'LEFT JOIN ledger l ON l.shard = k.shard AND l.application = v.application ' +
    'AND l.key = coalesce(v.ledger_key, v.recipient_hash) ' +
    `LEFT JOIN ${partitionOf('delivery', day)} d ON k.with_delivery AND d.shard = k.shard ` +
    "AND d.id = split_part(v.delivery_ids, ' ', 1)",
);

export const readDeliveries = eachDay(
  (day) =>
    `SELECT ${columnsOf('d', deliveryColumns)} ` +
    'FROM unnest($1::text[], $2::smallint[]) AS k(id, shard) ' +
    `JOIN ${partitionOf('delivery', day)} d ON d.id = k.id AND d.shard = k.shard`,
);

export const readLedgers =
  `SELECT ${columnsOf('l', ledgerColumns)} ` +
  'FROM unnest($1::smallint[], $2::integer[], $3::text[]) AS k(shard, application, key) ' +
  'JOIN ledger l ON l.shard = k.shard AND l.application = k.application AND l.key = k.key';

export const readRepeatableSteps =
  `SELECT ${columnsOf('i', idempotencyColumns)} ` +
  'FROM unnest($1::smallint[], $2::text[]) AS k(shard, key_hash) ' +
  'JOIN idempotency i ON i.shard = k.shard AND i.key_hash = k.key_hash';

export const readBudgets =
  'SELECT b.application, b.day, b.scope, b.micros, b.currency ' +
  'FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::text[]) ' +
  'AS k(shard, application, day, scope) JOIN budget b ON b.shard = k.shard ' +
  'AND b.application = k.application AND b.day = k.day AND b.scope = k.scope';

/** A budget belongs to no recipient: its shard is its application's. */
export function shardOfBudget({ application }: { readonly application: number }): number {
  return application % shards;
}

/** Texts of the days that are worked on, made once. */
function eachDay(make: (day: number) => string): (day: number) => string {
  const made = new Map<number, string>();
  return (day) => {
    const known = made.get(day);
    if (known !== undefined) return known;
    if (made.size >= daysMax) made.clear();
    const text = make(day);
    made.set(day, text);
    return text;
  };
}

const daysMax = 100;
