import type { ClaimedDelivery } from '#service/ports.ts';
import { runOn, save } from '#storage/postgres/batch.ts';
import { deliveryColumns } from '#storage/postgres/delivery-columns.ts';
import type { TextRow } from '#storage/postgres/exchange.ts';
import { createWideLook, recentFrom } from '#storage/postgres/horizon.ts';
import type { Key } from '#storage/postgres/keys.ts';
import { load, takeDelivery, takingApplications } from '#storage/postgres/load.ts';
import type { Operation } from '#storage/postgres/operations.ts';
import type { InRounds } from '#storage/postgres/rounds.ts';
import type { WorkingSet } from '#storage/postgres/working-set.ts';
import { claimDeliveries } from '#storage/steps/deliveries.ts';
import type { DueMessage } from '#storage/steps/tables.ts';

/** Due messages, locked: the other nodes pass over them. */
const selectDue =
  `SELECT ${deliveryColumns.join(', ')} FROM delivery ` +
  'WHERE due_at_ms <= $1 AND id >= $2 ORDER BY due_at_ms LIMIT $3 FOR UPDATE SKIP LOCKED';

export function createClaims(inRounds: InRounds) {
  const wideLook = createWideLook();

  function claimFrom(
    lowestId: string,
    { limit, leaseMs }: { readonly limit: number; readonly leaseMs: number },
  ): Promise<ClaimedDelivery[]> {
    return inRounds(async (its, set) => {
      const nowMs = await load(its, set, []);
      const values = [String(nowMs), lowestId, String(limit)];
      const [rows = []] = await its.exchange([{ text: selectDue, values }]);
      if (rows.length === 0) return [];
      await takingApplications(set.shared, () => {
        for (const row of rows) takeDelivery(set, row);
      });
      const operation = claimOf(dueMessages(set, rows), { limit, leaseMs });
      const keys = rows.map(([, , , id]): Key => {
        return { table: 'verification', id: id ?? '', withDeliveries: true };
      });
      await load(its, set, keys);
      const [ran] = await runOn(its, set, [{ operation, keys }], nowMs);
      if (ran?.outcome.kind !== 'done') throw ran?.outcome.error;
      await save(its, set);
      return ran.outcome.value as ClaimedDelivery[];
    });
  }

  return async (limit: number, leaseMs: number): Promise<ClaimedDelivery[]> => {
    if (!wideLook.isDue()) return claimFrom(recentFrom('delivery'), { limit, leaseMs });
    const claimed = await claimFrom('', { limit, leaseMs });
    wideLook.succeeded();
    return claimed;
  };
}

function dueMessages(set: WorkingSet, rows: readonly TextRow[]): DueMessage[] {
  return rows.flatMap((row) => {
    const owed = set.deliveries.find(row[2] ?? '');
    return owed === null ? [] : { delivery: owed.kept, wasInFlight: owed.isInFlight };
  });
}

function claimOf(
  due: readonly DueMessage[],
  claim: { readonly limit: number; readonly leaseMs: number },
): Operation<ClaimedDelivery[]> {
  return {
    keys: () => [],
    run(tables, nowMs) {
      const outbox = { ...tables.outbox, due: () => due };
      return claimDeliveries({ ...tables, outbox }, claim, nowMs);
    },
  };
}
