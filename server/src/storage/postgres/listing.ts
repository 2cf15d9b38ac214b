import { formatId, headOf } from '#domain/id.ts';
import { isPlain } from '#domain/plain-message.ts';
import { statusAt } from '#domain/verification.ts';
import type { ListQuery, Storage } from '#service/ports.ts';
import type { VerificationWithDeliveries } from '#service/records.ts';
import { findNumber } from '#storage/postgres/applications.ts';
import { type Attempt, type Batching, runOn } from '#storage/postgres/batch.ts';
import { lowestId } from '#storage/postgres/days.ts';
import type { Key } from '#storage/postgres/keys.ts';
import { load, takeVerification, takingApplications } from '#storage/postgres/load.ts';
import type { InRounds } from '#storage/postgres/rounds.ts';
import { verificationColumns } from '#storage/postgres/verification-columns.ts';
import type { WorkingSet } from '#storage/postgres/working-set.ts';
import { answer } from '#storage/steps/check.ts';
import type { KeptVerification } from '#storage/steps/tables.ts';

/** Rows that one call looks at, so that it never takes long. */
const examinedMax = 1_000;
const chunk = 250;

type Page = Awaited<ReturnType<Storage['listVerifications']>>;

/** Newest first. A page may end early, with a cursor, where many rows did not match. */
export function createListing(inRounds: InRounds) {
  return (query: ListQuery): Promise<Page> =>
    inRounds(async (its, set) => {
      const application = await findNumber(set.shared.applications, query.applicationId);
      const isImpossible = [query.recipientHash, query.reference].some((text) =>
        text?.includes('\0'),
      );
      // A text with U+0000 was never kept, and PostgreSQL cannot even be asked for one.
      if (application === undefined || isImpossible) return { items: [], next: null };
      const nowMs = await load(its, set, []);
      const found: KeptVerification[] = [];
      let examined = 0;
      for await (const kept of candidates(its, set, { ...query, application })) {
        examined++;
        if (matches(kept, query, nowMs)) found.push(kept);
        if (found.length < query.limit && examined < examinedMax) continue;
        const next = (await hasOlder(its, kept)) ? headOf(kept.record.id, 'vf') : null;
        return { items: await withDeliveries(its, set, found, nowMs), next };
      }
      return { items: await withDeliveries(its, set, found, nowMs), next: null };
    });
}

function matches({ record }: KeptVerification, query: ListQuery, nowMs: number): boolean {
  const { status, purpose } = query;
  return (
    isPlain(record) === (query.kind === 'message') &&
    (status === null || statusAt(record, nowMs) === status) &&
    (purpose === null || record.purpose === purpose)
  );
}

interface Search extends ListQuery {
  readonly application: number;
}

/** Looks into the newest day first, and then into ever more days at once. */
async function* candidates(
  its: Batching,
  set: WorkingSet,
  search: Search,
): AsyncGenerator<KeptVerification> {
  await its.partitions.look();
  const days = its.partitions.all().toReversed();
  let below = search.before === null ? 'vg' : formatId('vf', search.before, new Uint8Array());
  for (let at = 0, count = 1; at < days.length; at += count, count = at) {
    const oldest = days[Math.min(at + count, days.length) - 1] ?? 0;
    const from = lowestId('verification', oldest);
    for (let rows = chunk; rows === chunk && from < below; ) {
      const part = await readChunk(its, set, { ...search, from, below });
      yield* part;
      rows = part.length;
      below = part.at(-1)?.record.id ?? from;
    }
    if (from < below) below = from;
  }
}

async function readChunk(
  its: Batching,
  set: WorkingSet,
  { application, recipientHash, reference, from, below }: Search & { from: string; below: string },
): Promise<KeptVerification[]> {
  const values = [String(application), from, below];
  const conditions = ['application = $1', 'id >= $2', 'id < $3'];
  for (const [name, value] of [
    ['recipient_hash', recipientHash],
    ['reference', reference],
  ] as const) {
    if (value !== null) conditions.push(`${name} = $${values.push(value)}`);
  }
  const text =
    `SELECT ${verificationColumns.join(', ')} FROM verification ` +
    `WHERE ${conditions.join(' AND ')} ORDER BY id DESC LIMIT ${chunk}`;
  const [rows = []] = await its.exchange([{ text, values }]);
  let taken: KeptVerification[] = [];
  await takingApplications(set.shared, () => {
    taken = rows.map((row) => takeVerification(set, row));
  });
  return taken;
}

async function hasOlder(
  its: Batching,
  { application, record }: KeptVerification,
): Promise<boolean> {
  const text = 'SELECT 1 FROM verification WHERE application = $1 AND id < $2 LIMIT 1';
  const [rows = []] = await its.exchange([{ text, values: [String(application), record.id] }]);
  return rows.length > 0;
}

async function withDeliveries(
  its: Batching,
  set: WorkingSet,
  found: readonly KeptVerification[],
  nowMs: number,
): Promise<VerificationWithDeliveries[]> {
  const batch = found.map((kept): Attempt => {
    const { application, deliveryIds, record } = kept;
    const keys: Key[] = [
      { table: 'ledger', application, key: record.ledgerKey },
      ...deliveryIds.map((id): Key => ({ table: 'delivery', id })),
    ];
    const run: Attempt['operation']['run'] = (tables) =>
      answer(tables, tables.verifications.byId(record.id) ?? kept, nowMs);
    return { operation: { keys: () => keys, run }, keys };
  });
  await load(
    its,
    set,
    batch.flatMap(({ keys }) => keys),
  );
  const ran = await runOn(its, set, batch, nowMs);
  return ran.flatMap(({ outcome }) =>
    outcome.kind === 'done' ? (outcome.value as VerificationWithDeliveries) : [],
  );
}
