import { uuidHandle } from '#domain/handle.ts';
import type { VerificationStatus } from '#domain/verification.ts';
import type { DeliveryView, VerificationInFullView } from '#service/views.ts';

/** A verification in the vendor's words. Every key is always there: its SDKs ask for each. */
export interface OtpObject {
  readonly otpId: string;
  readonly trackId: string | null;
  readonly phoneNumber: string;
  readonly countryIso: string;
  readonly status: OtpStatus;
  readonly cost: number;
  readonly parts: number;
  readonly maxAttempts: number;
  readonly attempts: number;
  readonly ttl: number;
  readonly otpCallbackUrl: string | null;
  readonly dateCreated: string;
  readonly dateExpires: string;
}

export type OtpStatus = 'PENDING' | 'VERIFIED' | 'EXPIRED' | 'CANCELLED' | 'FAILED';

export const otpStatuses: Readonly<Record<VerificationStatus, OtpStatus>> = {
  pending: 'PENDING',
  approved: 'VERIFIED',
  expired: 'EXPIRED',
  canceled: 'CANCELLED',
  failed: 'FAILED',
  // Never shown: a start that was refused has no OTP.
  blocked: 'FAILED',
};

export function toOtpObject(view: VerificationInFullView): OtpObject {
  return {
    otpId: uuidHandle(view.id),
    trackId: view.reference,
    phoneNumber: view.recipientInFull ?? view.recipient,
    countryIso: view.country ?? '',
    status: otpStatuses[view.status],
    cost: costOf(view.deliveries),
    parts: view.deliveries.reduce((parts, delivery) => parts + delivery.parts, 0) || 1,
    maxAttempts: view.checksMax,
    attempts: view.checksWrong,
    ttl: view.lifetimeSeconds,
    otpCallbackUrl: view.callbackUrl,
    dateCreated: vendorDate(view.createdAtMs),
    dateExpires: vendorDate(view.expiresAtMs),
  };
}

/**
 * What all messages cost: told by the provider, else asked by it beforehand. One that never went
 * out costs nothing. The vendor has one currency for an account, and so has a provider here.
 */
function costOf(deliveries: readonly DeliveryView[]): number {
  return deliveries.reduce((sum, { status, cost, quote }) => {
    const known = cost ?? (status === 'failed' ? null : quote);
    return known === null ? sum : addDecimals(sum, Number(known.amount));
  }, 0);
}

/** To the millionth, which is what money is counted in here: 0.1 + 0.2 is 0.3. */
function addDecimals(first: number, second: number): number {
  return Math.round((first + second) * 1_000_000) / 1_000_000;
}

/** UTC, to the second. */
export function vendorDate(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ');
}
