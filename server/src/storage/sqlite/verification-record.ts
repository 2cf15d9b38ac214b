import type { ChannelName } from '#domain/channels/channel.ts';
import { headsPerMs } from '#domain/id.ts';
import type { VerificationStatus } from '#domain/verification.ts';
import type { VerificationRecord } from '#service/records.ts';
import type { Applications } from '#storage/sqlite/applications.ts';
import { readHistory, writeHistory } from '#storage/sqlite/history.ts';

/** A verification with what only this storage knows of it. */
export interface KeptVerification {
  readonly head: number;
  readonly application: number;
  readonly deliveryHeads: readonly number[];
  readonly record: VerificationRecord;
}

/**
 * Eight hours. Short enough that the pages of the newest stretch stay few, long enough that a look-
 * up over 90 days of retention visits at most 271 stretches, measured 3 to 6 ms.
 */
const headsPerPeriod = 8 * 3_600_000 * headsPerMs;

export function periodOf(head: number): number {
  return Math.floor(head / headsPerPeriod);
}

/** In the order of `VerificationRow` and of `toValues`. */
export const verificationColumns = `
  head, id, application, period, status, checks_used, checks_wrong, checks_max, sends_used,
  sends_max, code_version, code_bits, lifetime_ms, created_at_ms, expires_at_ms, life_ends_at_ms,
  resend_allowed_at_ms, finished_at_ms, origin, purpose, country, channel, recipient_hash,
  ledger_key, transaction_hash, reference, metadata, has_callback, blocked_reason, delivery_heads,
  history, sealed_code, sealed_request`;

export type VerificationRow = readonly [
  head: number,
  id: string,
  application: number,
  period: number,
  status: VerificationStatus,
  checksUsed: number,
  checksWrong: number,
  checksMax: number,
  sendsUsed: number,
  sendsMax: number,
  codeVersion: number,
  codeBits: number,
  lifetimeMs: number,
  createdAtMs: number,
  expiresAtMs: number,
  lifeEndsAtMs: number,
  resendAllowedAtMs: number,
  finishedAtMs: number | null,
  origin: string,
  purpose: string,
  country: string | null,
  channel: ChannelName,
  recipientHash: string,
  ledgerKey: string | null,
  transactionHash: string | null,
  reference: string | null,
  metadata: string | null,
  hasCallback: number,
  blockedReason: string | null,
  deliveryHeads: string,
  history: string,
  sealedCode: string | null,
  sealedRequest: string | null,
];

export function toKept(row: VerificationRow, applications: Applications): KeptVerification {
  const [
    head,
    id,
    application,
    ,
    status,
    checksUsed,
    checksWrong,
    checksMax,
    sendsUsed,
    sendsMax,
    codeVersion,
    codeBits,
    lifetimeMs,
    createdAtMs,
    expiresAtMs,
    lifeEndsAtMs,
    resendAllowedAtMs,
    finishedAtMs,
    origin,
    purpose,
    country,
    channel,
    recipientHash,
    ledgerKey,
    transactionHash,
    reference,
    metadata,
    hasCallback,
    blockedReason,
    deliveryHeads,
    history,
    sealedCode,
    sealedRequest,
  ] = row;
  return {
    head,
    application,
    deliveryHeads: JSON.parse(deliveryHeads) as number[],
    record: {
      id,
      applicationId: applications.idOf(application),
      status,
      checksUsed,
      checksWrong,
      checksMax,
      sendsUsed,
      sendsMax,
      codeVersion,
      codeBits,
      lifetimeMs,
      createdAtMs,
      expiresAtMs,
      lifeEndsAtMs,
      resendAllowedAtMs,
      finishedAtMs,
      origin,
      purpose,
      country,
      channel,
      recipientHash,
      ledgerKey: ledgerKey ?? recipientHash,
      transactionHash,
      reference,
      metadata: metadata === null ? null : (JSON.parse(metadata) as Record<string, string>),
      hasCallback: hasCallback === 1,
      blockedReason,
      history: readHistory(history),
      sealedCode,
      sealedRequest,
    },
  };
}

/** The values of a new row. */
export function toValues({ head, application, deliveryHeads, record }: KeptVerification) {
  return [
    head,
    record.id,
    application,
    periodOf(head),
    record.status,
    record.checksUsed,
    record.checksWrong,
    record.checksMax,
    record.sendsUsed,
    record.sendsMax,
    record.codeVersion,
    record.codeBits,
    record.lifetimeMs,
    record.createdAtMs,
    record.expiresAtMs,
    record.lifeEndsAtMs,
    record.resendAllowedAtMs,
    record.finishedAtMs,
    record.origin,
    record.purpose,
    record.country,
    record.channel,
    record.recipientHash,
    record.ledgerKey === record.recipientHash ? null : record.ledgerKey,
    record.transactionHash,
    record.reference,
    record.metadata === null ? null : JSON.stringify(record.metadata),
    record.hasCallback ? 1 : 0,
    record.blockedReason,
    JSON.stringify(deliveryHeads),
    writeHistory(record.history),
    record.sealedCode,
    record.sealedRequest,
  ];
}
