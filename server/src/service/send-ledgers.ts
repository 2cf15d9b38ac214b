import type { ApplicationSettings } from '#domain/application.ts';
import { recipientSendLimits } from '#domain/limits.ts';
import type { LedgerEntry } from '#service/ports.ts';

/** Sends are charged to every destination, once per message. `ledgerKeys` has one per message. */
export function sendLedgers(
  { limits }: Pick<ApplicationSettings, 'limits'>,
  ledgerKeys: readonly string[],
): LedgerEntry[] {
  const counts = new Map<string, number>();
  for (const key of ledgerKeys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts].map(([key, count]) => ({ key, count, limits: recipientSendLimits(limits) }));
}
