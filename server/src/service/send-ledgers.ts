import type { Application, ApplicationSettings } from '#domain/application.ts';
import {
  addressRange,
  addressStartLimits,
  recipientCheckLimits,
  recipientSendLimits,
  recipientStartLimits,
} from '#domain/limits.ts';
import type { LedgerEntry } from '#service/ports.ts';
import type { Vault } from '#service/vault.ts';

/** Sends are charged to every destination, once per message. `ledgerKeys` has one per message. */
export function sendLedgers(
  { limits }: Pick<ApplicationSettings, 'limits'>,
  ledgerKeys: readonly string[],
): LedgerEntry[] {
  const counts = new Map<string, number>();
  for (const key of ledgerKeys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts].map(([key, count]) => ({ key, count, limits: recipientSendLimits(limits) }));
}

/**
 * Starts of a recipient, where the application limits them. They are counted apart from messages:
 * one start may send several, and to others than the recipient.
 */
export function startsLedger(
  vault: Vault,
  { id, settings }: Application,
  recipientKey: string,
): LedgerEntry[] {
  const limits = recipientStartLimits(settings.limits);
  if (limits.length === 0) return [];
  return [{ key: vault.hash('starts', id, recipientKey), count: 1, limits }];
}

/** What an address begins; nothing is counted where the caller did not tell one. */
export function addressLedger(
  vault: Vault,
  { id, settings }: Application,
  address: string | undefined,
): LedgerEntry[] {
  const range = addressRange(address ?? '');
  if (range === null) return [];
  const limits = addressStartLimits(settings.limits);
  return [{ key: vault.hash('address', id, range), count: 1, limits }];
}

/** Checks of a recipient, where the application limits them. */
export function checksLedger(
  vault: Vault,
  { id, settings }: Application,
  recipientKey: string,
): LedgerEntry | null {
  const limits = recipientCheckLimits(settings.limits);
  if (limits.length === 0) return null;
  return { key: vault.hash('checks', id, recipientKey), count: 1, limits };
}
