import type { Transaction } from '#service/requests.ts';
import type { Vault } from '#service/vault.ts';

/** What a code is bound to, as one keyed hash; amount, currency and payee each count exactly. */
export function transactionHash(
  vault: Vault,
  applicationId: string,
  transaction: Transaction | null,
): string | null {
  if (transaction === null) return null;
  const { amount, currency, payee } = transaction;
  return vault.hash('transaction', applicationId, JSON.stringify([amount, currency, payee]));
}
