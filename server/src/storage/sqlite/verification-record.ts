import type { ChannelName } from '#domain/channels/channel.ts';
import { headsPerMs } from '#domain/id.ts';
import type { VerificationStatus } from '#domain/verification.ts';
import type { VerificationRecord } from '#service/ports.ts';
import type { Applications } from '#storage/sqlite/applications.ts';
import { readHistory, writeHistory } from '#storage/sqlite/history.ts';

export interface VerificationRow {
  readonly head: number;
  readonly id: string;
  readonly application: number;
  readonly status: VerificationStatus;
  readonly checks_used: number;
  readonly checks_max: number;
  readonly sends_used: number;
  readonly sends_max: number;
  readonly code_version: number;
  readonly code_bits: number;
  readonly lifetime_ms: number;
  readonly created_at_ms: number;
  readonly expires_at_ms: number;
  readonly life_ends_at_ms: number;
  readonly resend_allowed_at_ms: number;
  readonly finished_at_ms: number | null;
  readonly origin: string;
  readonly purpose: string;
  readonly country: string | null;
  readonly channel: ChannelName;
  readonly recipient_hash: string;
  readonly ledger_key: string | null;
  readonly transaction_hash: string | null;
  readonly reference: string | null;
  readonly metadata: string | null;
  readonly has_callback: number;
  readonly blocked_reason: string | null;
  readonly delivery_heads: string;
  readonly history: string;
  readonly sealed_code: string | null;
  readonly sealed_request: string | null;
}

/** A verification with what only this storage knows of it. */
export interface KeptVerification {
  readonly head: number;
  readonly application: number;
  readonly deliveryHeads: readonly number[];
  readonly record: VerificationRecord;
}

/**
 * Four hours. Short enough that the pages of the newest stretch stay few, long enough that a look-up
 * over 90 days of retention visits at most 540 stretches.
 */
const headsPerPeriod = 4 * 3_600_000 * headsPerMs;

export function periodOf(head: number): number {
  return Math.floor(head / headsPerPeriod);
}

/** In the order of `toValues`. */
export const verificationColumns = `head, id, application, period, status, checks_used, checks_max, sends_used,
  sends_max, code_version, code_bits, lifetime_ms, created_at_ms, expires_at_ms, life_ends_at_ms,
  resend_allowed_at_ms, finished_at_ms, origin, purpose, country, channel, recipient_hash,
  ledger_key, transaction_hash, reference, metadata, has_callback, blocked_reason, delivery_heads,
  history, sealed_code, sealed_request`;

export function toKept(row: VerificationRow, applications: Applications): KeptVerification {
  return {
    head: row.head,
    application: row.application,
    deliveryHeads: JSON.parse(row.delivery_heads) as number[],
    record: toRecord(row, applications.idOf(row.application)),
  };
}

function toRecord(row: VerificationRow, applicationId: string): VerificationRecord {
  return {
    id: row.id,
    applicationId,
    status: row.status,
    checksUsed: row.checks_used,
    checksMax: row.checks_max,
    sendsUsed: row.sends_used,
    sendsMax: row.sends_max,
    codeVersion: row.code_version,
    codeBits: row.code_bits,
    lifetimeMs: row.lifetime_ms,
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
    lifeEndsAtMs: row.life_ends_at_ms,
    resendAllowedAtMs: row.resend_allowed_at_ms,
    finishedAtMs: row.finished_at_ms,
    origin: row.origin,
    purpose: row.purpose,
    country: row.country,
    channel: row.channel,
    recipientHash: row.recipient_hash,
    ledgerKey: row.ledger_key ?? row.recipient_hash,
    transactionHash: row.transaction_hash,
    reference: row.reference,
    metadata: row.metadata === null ? null : (JSON.parse(row.metadata) as Record<string, string>),
    hasCallback: row.has_callback === 1,
    blockedReason: row.blocked_reason,
    history: readHistory(row.history),
    sealedCode: row.sealed_code,
    sealedRequest: row.sealed_request,
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
