import type { Storage } from '#service/ports.ts';
import { type Attempt, runOn, save } from '#storage/postgres/batch.ts';
import { createHorizon } from '#storage/postgres/horizon.ts';
import type { Key } from '#storage/postgres/keys.ts';
import { load, takeVerification, takingApplications } from '#storage/postgres/load.ts';
import { type InRounds, tryLock } from '#storage/postgres/rounds.ts';
import { verificationColumns } from '#storage/postgres/verification-columns.ts';
import { endNow } from '#storage/steps/resend.ts';
import type { KeptVerification } from '#storage/steps/tables.ts';

/** Ending one takes some 50 µs, half of it here: a step holds nobody up for long. */
const expiriesMax = 250;

const selectDue =
  `SELECT ${verificationColumns.join(', ')} FROM verification WHERE status = 'pending' ` +
  'AND expires_at_ms <= $1 AND id >= $2 ORDER BY expires_at_ms LIMIT $3 FOR UPDATE SKIP LOCKED';

type Expired = Awaited<ReturnType<Storage['expireDue']>>;

/** On one node at a time; the next one does it when this one's connection has ended. */
export function createExpiry(inRounds: InRounds) {
  const horizon = createHorizon('verification');
  return (limit: number): Promise<Expired> =>
    inRounds(async (its, set) => {
      if (!(await tryLock(its, 'watchword_expiry'))) return { expired: [], more: false };
      const nowMs = await load(its, set, []);
      const most = Math.min(limit, expiriesMax);
      const values = [String(nowMs), horizon(), String(most)];
      const [rows = []] = await its.exchange([{ text: selectDue, values }]);
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
      const expired = due.map(({ record: { id, applicationId } }) => ({ id, applicationId }));
      return { expired, more: due.length === most };
    });
}

function endingOf(kept: KeptVerification): Attempt {
  const { application, deliveryIds, record } = kept;
  const keys: Key[] = [
    { table: 'ledger', application, key: record.ledgerKey },
    ...deliveryIds.map((id): Key => ({ table: 'delivery', id })),
  ];
  const operation = {
    shard: 0,
    keys: () => keys,
    run: (tables: Parameters<Attempt['operation']['run']>[0], nowMs: number) =>
      endNow(tables, kept, 'time_passed', nowMs),
  };
  return { operation, keys };
}
