import type { Autofill } from '#domain/autofill.ts';
import type { ChannelName } from '#domain/channels/channel.ts';
import type { CodeSpec } from '#domain/code.ts';
import type { Transaction } from '#service/requests.ts';
import type { Vault } from '#service/vault.ts';

/** One place the code goes to. */
export interface Destination {
  readonly channel: ChannelName;
  /** Canonical. */
  readonly to: string;
  /** Country of a phone number. */
  readonly country: string | null;
}

/**
 * What was asked for, as far as it is needed again: to send a second time, to show the recipient,
 * to call back. Kept sealed with the verification.
 */
export interface KeptRequest {
  readonly recipient: string;
  readonly destinations: readonly Destination[];
  readonly purpose: string;
  readonly template: string | null;
  readonly text: string | null;
  readonly language: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly sender: string | null;
  readonly autofill: Autofill;
  readonly lifetimeSeconds: number;
  /** Null for a code of the caller's own making, which every send carries again. */
  readonly codeSpec: CodeSpec | null;
  readonly transaction: Transaction | null;
  readonly callbackUrl: string | null;
}

export function sealKeptRequest(vault: Vault, kept: KeptRequest, verificationId: string): string {
  return vault.sealRequest(JSON.stringify(kept), verificationId);
}

/** Null once retention has erased it. A ring that lost the key is a fault, said as one. */
export function openKeptRequest(
  vault: Vault,
  sealed: string | null,
  verificationId: string,
): KeptRequest | null {
  if (sealed === null) return null;
  const json = vault.openRequest(sealed, verificationId);
  if (json === null) {
    throw new Error(
      `What was asked for ${verificationId} does not open: its key left the key ring too early.`,
    );
  }
  return JSON.parse(json) as KeptRequest;
}
