import { headOf, headsPerMs } from '#domain/id.ts';
import type { VerificationRecord } from '#service/records.ts';
import type { Applications } from '#storage/sqlite/applications.ts';
import { readHistory, writeHistory } from '#storage/steps/history.ts';
import type { KeptVerification } from '#storage/steps/tables.ts';

export function verificationHead(id: string): number {
  const head = headOf(id, 'vf');
  if (head === null) throw new Error('A verification has a malformed id.');
  return head;
}

/**
 * Eight hours. Short enough that the pages of the newest stretch stay few, long enough that a look-
 * up over 90 days of retention visits at most 271 stretches, measured 3 to 6 ms.
 */
const headsPerPeriod = 8 * 3_600_000 * headsPerMs;

export function periodOf(head: number): number {
  return Math.floor(head / headsPerPeriod);
}

/** Columns that hold a field of the record as it is: the one list of them, in the row's order. */
const plainColumns = {
  id: 'id',
  status: 'status',
  checksUsed: 'checks_used',
  checksWrong: 'checks_wrong',
  checksMax: 'checks_max',
  sendsUsed: 'sends_used',
  sendsMax: 'sends_max',
  codeVersion: 'code_version',
  codeBits: 'code_bits',
  lifetimeMs: 'lifetime_ms',
  createdAtMs: 'created_at_ms',
  expiresAtMs: 'expires_at_ms',
  lifeEndsAtMs: 'life_ends_at_ms',
  resendAllowedAtMs: 'resend_allowed_at_ms',
  finishedAtMs: 'finished_at_ms',
  origin: 'origin',
  purpose: 'purpose',
  country: 'country',
  channel: 'channel',
  recipientHash: 'recipient_hash',
  transactionHash: 'transaction_hash',
  reference: 'reference',
  blockedReason: 'blocked_reason',
  sealedCode: 'sealed_code',
} as const satisfies Partial<Record<keyof VerificationRecord, string>>;

type PlainField = keyof typeof plainColumns;
const plainFields = Object.keys(plainColumns) as readonly PlainField[];

/** Columns that are read and written in a form of their own, then the plain ones. */
export type VerificationRow = readonly [
  head: number,
  application: number,
  period: number,
  ledgerKey: string | null,
  metadata: string | null,
  hasCallback: number,
  deliveryIds: string,
  history: string,
  ...plain: VerificationRecord[PlainField][],
];

/** A row as it is read, with what was asked for, which lies beside it for a shorter time. */
export type FoundVerification = readonly [sealedRequest: string | null, ...VerificationRow];

const ownFormColumns = [
  'head',
  'application',
  'period',
  'ledger_key',
  'metadata',
  'has_callback',
  'delivery_ids',
  'history',
];

const columns = [...ownFormColumns, ...Object.values(plainColumns)];

/** Takes the values of `toValues`. */
export const insertVerification =
  `INSERT INTO verification (${columns.join(', ')}) ` +
  `VALUES (${columns.map(() => '?').join(', ')})`;

/** The beginning of every statement that answers rows of `FoundVerification`. */
export const selectVerification =
  `SELECT kept_request.sealed, ${columns.map((name) => `verification.${name}`).join(', ')} ` +
  'FROM verification LEFT JOIN kept_request ON kept_request.verification = verification.head';

export function toKept(row: FoundVerification, applications: Applications): KeptVerification {
  const [sealedRequest, , application, , ledgerKey, metadata, hasCallback, deliveryIds, history] =
    row;
  const plain = readPlain(row);
  return {
    application,
    deliveryIds: JSON.parse(deliveryIds) as string[],
    record: {
      ...plain,
      sealedRequest,
      applicationId: applications.idOf(application),
      ledgerKey: ledgerKey ?? plain.recipientHash,
      metadata: metadata === null ? null : (JSON.parse(metadata) as Record<string, string>),
      hasCallback: hasCallback === 1,
      history: readHistory(history),
    },
  };
}

function readPlain(row: FoundVerification): Pick<VerificationRecord, PlainField> {
  const plain: Record<string, unknown> = {};
  let at = 1 + ownFormColumns.length;
  for (const field of plainFields) plain[field] = row[at++];
  // Rows are STRICT and in the order of the list, so each field has the type of its column.
  return plain as Pick<VerificationRecord, PlainField>;
}

/** The values of a new row; `place` says its period where no look-up index is to hold it yet. */
export function toValues(
  kept: KeptVerification,
  place: (head: number) => number = periodOf,
): VerificationRow {
  const { application, deliveryIds, record } = kept;
  const head = verificationHead(record.id);
  return [
    head,
    application,
    place(head),
    record.ledgerKey === record.recipientHash ? null : record.ledgerKey,
    record.metadata === null ? null : JSON.stringify(record.metadata),
    record.hasCallback ? 1 : 0,
    JSON.stringify(deliveryIds),
    writeHistory(record.history),
    ...plainFields.map((field) => record[field]),
  ];
}
