import { isPlain } from '#domain/plain-message.ts';
import { statusAt } from '#domain/verification.ts';
import type { ListQuery, Storage } from '#service/ports.ts';
import type { SqliteTables } from '#storage/sqlite/tables.ts';
import { periodOf, verificationHead } from '#storage/sqlite/verification-record.ts';
import { answer } from '#storage/steps/check.ts';
import type { KeptVerification } from '#storage/steps/tables.ts';

/** Rows that one call looks at, so that it never holds a batch for long. */
const examinedMax = 1_000;
/** Retention keeps 271 stretches of time; this many bound what a late purge has left. */
const stretchesMax = 1_000;
const chunk = 250;

type Page = Awaited<ReturnType<Storage['listVerifications']>>;

/** Newest first. A page may end early, with a cursor, where many rows did not match. */
export function listVerifications(tables: SqliteTables, query: ListQuery, nowMs: number): Page {
  const application = tables.applications.numberOf(query.applicationId);
  if (application === null) return { items: [], next: null };
  const items: Page['items'][number][] = [];
  const before = query.before ?? Number.MAX_SAFE_INTEGER;
  let examined = 0;
  for (const kept of candidates(tables, query, { application, before })) {
    examined++;
    if (matches(kept, query, nowMs)) items.push(answer(tables, kept, nowMs));
    if (items.length >= query.limit || examined >= examinedMax) {
      return { items, next: hasOlder(tables, kept) ? headOfKept(kept) : null };
    }
  }
  return { items, next: null };
}

function matches(kept: KeptVerification, query: ListQuery, nowMs: number): boolean {
  const { record } = kept;
  return (
    isPlain(record) === (query.kind === 'message') &&
    (query.status === null || statusAt(record, nowMs) === query.status) &&
    (query.purpose === null || record.purpose === query.purpose) &&
    (query.recipientHash === null || record.recipientHash === query.recipientHash) &&
    (query.reference === null || record.reference === query.reference)
  );
}

function hasOlder(tables: SqliteTables, kept: KeptVerification): boolean {
  return tables.lookups.byApplication(kept.application, headOfKept(kept), 1).length > 0;
}

function headOfKept({ record }: KeptVerification): number {
  return verificationHead(record.id);
}

interface From {
  readonly application: number;
  readonly before: number;
}

function candidates(
  tables: SqliteTables,
  query: ListQuery,
  from: From,
): Iterable<KeptVerification> {
  const { recipientHash, reference } = query;
  const { lookups } = tables;
  if (recipientHash !== null) {
    return inStretches(tables, from, (stretch) =>
      lookups.byRecipient({ ...stretch, limit: chunk }, recipientHash),
    );
  }
  if (reference !== null) {
    return inStretches(tables, from, (stretch) =>
      lookups.byReference({ ...stretch, limit: chunk }, reference),
    );
  }
  return inChunks(from.before, (before) => lookups.byApplication(from.application, before, chunk));
}

function* inChunks(
  before: number,
  read: (before: number) => readonly KeptVerification[],
): Generator<KeptVerification> {
  for (let last = before; ; ) {
    const rows = read(last);
    yield* rows;
    const oldest = rows.at(-1);
    if (oldest === undefined || rows.length < chunk) return;
    last = headOfKept(oldest);
  }
}

/** Reads the rows that no index has yet, then each stretch of time in its range of the index. */
function* inStretches(
  tables: SqliteTables,
  from: From,
  read: (stretch: From & { period: number | null }) => readonly KeptVerification[],
): Generator<KeptVerification> {
  yield* inChunks(from.before, (before) => read({ ...from, before, period: null }));
  const periods = tables.lookups.periods();
  if (periods === null) return;
  const newest = Math.min(periodOf(from.before), periods.newest);
  const oldest = Math.max(periods.oldest, newest - stretchesMax);
  for (let period = newest; period >= oldest; period--) {
    yield* inChunks(from.before, (before) => read({ ...from, before, period }));
  }
}
