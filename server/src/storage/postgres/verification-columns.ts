import { shardOfId } from '#domain/id.ts';
import type { VerificationRecord } from '#service/records.ts';
import { type Column, column, createWriter } from '#storage/postgres/columns.ts';
import type { TextRow } from '#storage/postgres/exchange.ts';
import { readHistory, writeHistory } from '#storage/steps/history.ts';
import type { KeptVerification } from '#storage/steps/tables.ts';

/** Columns that hold a field of the record as it is: the one list of them, in the row's order. */
const plainColumns = {
  origin: ['origin', 'text'],
  purpose: ['purpose', 'text'],
  country: ['country', 'text'],
  recipientHash: ['recipient_hash', 'text'],
  transactionHash: ['transaction_hash', 'text'],
  reference: ['reference', 'text'],
  blockedReason: ['blocked_reason', 'text'],
  checksMax: ['checks_max', 'integer'],
  sendsMax: ['sends_max', 'integer'],
  lifetimeMs: ['lifetime_ms', 'bigint'],
  createdAtMs: ['created_at_ms', 'bigint'],
  lifeEndsAtMs: ['life_ends_at_ms', 'bigint'],
  status: ['status', 'text'],
  channel: ['channel', 'text'],
  sealedCode: ['sealed_code', 'text'],
  sealedRequest: ['sealed_request', 'text'],
  checksUsed: ['checks_used', 'integer'],
  checksWrong: ['checks_wrong', 'integer'],
  sendsUsed: ['sends_used', 'integer'],
  codeVersion: ['code_version', 'integer'],
  codeBits: ['code_bits', 'double precision'],
  expiresAtMs: ['expires_at_ms', 'bigint'],
  resendAllowedAtMs: ['resend_allowed_at_ms', 'bigint'],
  finishedAtMs: ['finished_at_ms', 'bigint'],
} as const satisfies Partial<Record<keyof VerificationRecord, readonly [string, string]>>;

type PlainField = keyof typeof plainColumns;
const plainFields = Object.keys(plainColumns) as readonly PlainField[];
const isNumber = plainFields.map((field) => plainColumns[field][1] !== 'text');

function plain(field: PlainField): Column<KeptVerification> {
  const [name, type] = plainColumns[field];
  return column(name, type, ({ record }) => record[field]);
}

const changingFields = plainFields.slice(plainFields.indexOf('status'));
const fixedFields = plainFields.slice(0, plainFields.indexOf('status'));

const keys = [
  column<KeptVerification>('id', 'text', ({ record }) => record.id),
  column<KeptVerification>('shard', 'smallint', ({ record }) => shardOfId(record.id)),
];
const fixed = [
  column<KeptVerification>('application', 'integer', ({ application }) => application),
  column<KeptVerification>('ledger_key', 'text', ({ record }) =>
    record.ledgerKey === record.recipientHash ? null : record.ledgerKey,
  ),
  column<KeptVerification>('metadata', 'text', ({ record }) =>
    record.metadata === null ? null : JSON.stringify(record.metadata),
  ),
  column<KeptVerification>('has_callback', 'boolean', ({ record }) => record.hasCallback),
  ...fixedFields.map(plain),
];
const changing = [
  column<KeptVerification>('delivery_ids', 'text', ({ deliveryIds }) => deliveryIds.join(' ')),
  column<KeptVerification>('history', 'text', ({ record }) => writeHistory(record.history)),
  ...changingFields.map(plain),
];

/** For new rows, and for a resend, which may change anything. */
export const verificationWriter = createWriter({ keys, fixed, changing });
/** What every change but a resend is: one more entry of the history, most often the last. */
export const progressWriter = createWriter({
  keys,
  fixed: [],
  changing: [
    column<KeptVerification>('history', 'text', ({ record }) => writeHistory(record.history)),
    ...(['status', 'finishedAtMs', 'checksUsed', 'checksWrong'] as const).map(plain),
  ],
  also: "sealed_code = CASE WHEN n.status = 'pending' THEN t.sealed_code END",
});

/** In the order in which `toVerification` reads them. */
export const verificationColumns: readonly string[] = [
  'version',
  'application',
  'id',
  'ledger_key',
  'metadata',
  'has_callback',
  'delivery_ids',
  'history',
  ...plainFields.map((field) => plainColumns[field][0]),
];

const ownFormCount = verificationColumns.length - plainFields.length;

export function toVerification(
  row: TextRow,
  applicationIdOf: (application: number) => string,
): KeptVerification {
  const [, application, id, ledgerKey, metadata, hasCallback, deliveryIds, history] = row;
  const plainly = readPlain(row);
  return {
    application: Number(application),
    deliveryIds: deliveryIds ? deliveryIds.split(' ') : [],
    record: {
      ...plainly,
      id: id ?? '',
      applicationId: applicationIdOf(Number(application)),
      ledgerKey: ledgerKey ?? plainly.recipientHash,
      metadata: metadata == null ? null : (JSON.parse(metadata) as Record<string, string>),
      hasCallback: hasCallback === 't',
      history: readHistory(history ?? '[]'),
    },
  };
}

function readPlain(row: TextRow): Pick<VerificationRecord, PlainField> {
  const fields: Record<string, unknown> = {};
  let at = ownFormCount;
  for (const field of plainFields) {
    const text = row[at] ?? null;
    fields[field] = text !== null && isNumber[at - ownFormCount] ? Number(text) : text;
    at++;
  }
  // The order of the list is that of the columns, so each field has the type of its column.
  return fields as Pick<VerificationRecord, PlainField>;
}
