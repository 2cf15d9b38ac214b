import type { CodeBinding, Vault } from '#service/vault.ts';

/**
 * A code as it is kept sealed, together with the recipient as it is shown: the answer to a check
 * names the recipient, and opening the whole kept request for that costs more than the comparing.
 */
export interface KeptCode {
  readonly code: string;
  /** Masked; null in what was sealed before this was kept. */
  readonly shownRecipient: string | null;
}

/** `code` has no blanks, so the first one ends it. */
export function sealKeptCode(
  vault: Vault,
  kept: { readonly code: string; readonly shownRecipient: string },
  binding: CodeBinding,
): string {
  return vault.sealCode(`${kept.code} ${kept.shownRecipient}`, binding);
}

/** Null where the code's life is over, its row was moved, or its key is gone. */
export function openKeptCode(
  vault: Vault,
  sealed: string | null,
  binding: CodeBinding,
): KeptCode | null {
  const opened = sealed === null ? null : vault.openCode(sealed, binding);
  if (opened === null) return null;
  const end = opened.indexOf(' ');
  return end < 0
    ? { code: opened, shownRecipient: null }
    : { code: opened.slice(0, end), shownRecipient: opened.slice(end + 1) };
}
