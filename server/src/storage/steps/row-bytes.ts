/**
 * About how much memory a row takes while it is kept (recent.ts): what all rows of a table have,
 * and what makes one of them larger than the others.
 */
import type { Ledger } from '#domain/limits.ts';
import { historyBytes } from '#storage/steps/history.ts';
import type { KeptDelivery, KeptVerification } from '#storage/steps/tables.ts';

export function verificationBytes({ record }: KeptVerification): number {
  const { history, metadata, sealedRequest } = record;
  const metadataBytes = metadata === null ? 0 : JSON.stringify(metadata).length;
  return 1_200 + historyBytes(history) + metadataBytes + (sealedRequest?.length ?? 0);
}

export function deliveryBytes({ record }: KeptDelivery): number {
  return 800 + historyBytes(record.history);
}

export function ledgerBytes(row: {
  readonly ledger: Ledger;
  readonly live: ReadonlyMap<string, unknown>;
}): number {
  const moments = row.ledger.sendsAtMs.length + row.ledger.failuresAtMs.length;
  return 500 + 8 * moments + 300 * row.live.size;
}
