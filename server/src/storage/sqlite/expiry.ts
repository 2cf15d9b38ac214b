import type { Storage } from '#service/ports.ts';
import { inChunks, startStep } from '#storage/sqlite/bounded.ts';
import type { TimeSource } from '#storage/sqlite/clock.ts';
import type { SqliteTables } from '#storage/sqlite/tables.ts';
import { endNow } from '#storage/steps/resend.ts';

/** In one step, if its time allows. */
const expiriesMax = 250;

type Expired = Awaited<ReturnType<Storage['expireDue']>>;

/** Writes down that verifications are over, which they are by themselves. */
export function createExpiry(
  tables: SqliteTables,
  monotonicMs: TimeSource['monotonicMs'],
): (limit: number, nowMs: number) => Expired {
  return (limit, nowMs) => {
    const expired: { id: string; applicationId: string }[] = [];
    const { more } = inChunks(Math.min(limit, expiriesMax), startStep(monotonicMs), (count) => {
      const due = tables.verifications.due(nowMs, count);
      for (const kept of due) {
        endNow(tables, kept, 'time_passed', nowMs);
        expired.push({ id: kept.record.id, applicationId: kept.record.applicationId });
      }
      return due.length;
    });
    return { expired, more };
  };
}
