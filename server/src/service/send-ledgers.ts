import type { Application } from '#domain/application.ts';
import { recipientSendLimits } from '#domain/limits.ts';
import type { LedgerEntry } from '#service/ports.ts';
import type { Vault } from '#service/vault.ts';

/** Sends are charged to every destination, once per message. `limitKeys` has one per message. */
export function sendLedgers(
  vault: Vault,
  { id, settings }: Application,
  limitKeys: readonly string[],
): LedgerEntry[] {
  const counts = new Map<string, number>();
  for (const key of limitKeys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts].map(([key, count]) => ({
    key: vault.hash('ledger', id, key),
    count,
    limits: recipientSendLimits(settings.limits),
  }));
}
