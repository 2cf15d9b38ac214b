import type { Recipient } from '#domain/recipient.ts';
import type { Vault } from '#service/vault.ts';

/** A recipient's own hash, and that of the ledger which counts for it. */
export function recipientHashes(
  vault: Vault,
  applicationId: string,
  { canonical, limitKey }: Recipient,
): { recipientHash: string; ledgerKey: string } {
  const recipientHash = vault.hash('recipient', applicationId, canonical);
  const ledgerKey =
    limitKey === canonical ? recipientHash : vault.hash('recipient', applicationId, limitKey);
  return { recipientHash, ledgerKey };
}
