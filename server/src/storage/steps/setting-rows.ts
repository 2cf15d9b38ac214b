/**
 * What every storage keeps as plain rows: settings, credentials and what the sandbox shows. Both
 * databases name the columns alike, so a row is read by the same function wherever it lies.
 */
import type { Application, ApplicationSettings } from '#domain/application.ts';
import type { ChannelName } from '#domain/channels/channel.ts';
import type { Template } from '#domain/template.ts';
import type { ApiKeyRecord, SigningKeyRecord, StoredTemplate } from '#service/records.ts';
import type { SandboxStorage } from '#service/sandbox-port.ts';

export interface ApplicationRow {
  readonly id: string;
  readonly name: string;
  readonly settings: string;
  readonly created_at_ms: number;
}

export function toApplication(row: ApplicationRow): Application {
  return {
    id: row.id,
    name: row.name,
    settings: JSON.parse(row.settings) as ApplicationSettings,
    createdAtMs: row.created_at_ms,
  };
}

export interface ApiKeyRow {
  readonly id: string;
  readonly application_id: string;
  readonly label: string;
  readonly created_at_ms: number;
  readonly revoked_at_ms: number | null;
}

export function toApiKey(row: ApiKeyRow): ApiKeyRecord {
  return {
    id: row.id,
    applicationId: row.application_id,
    label: row.label,
    createdAtMs: row.created_at_ms,
    revokedAtMs: row.revoked_at_ms,
  };
}

export interface TemplateRow {
  readonly body: string;
  readonly updated_at_ms: number;
}

export function toTemplate(row: TemplateRow): StoredTemplate {
  return { template: JSON.parse(row.body) as Template, updatedAtMs: row.updated_at_ms };
}

export interface SigningKeyRow {
  readonly id: string;
  readonly public_jwk: string;
  readonly sealed_private_key: string;
  readonly created_at_ms: number;
}

export function toSigningKey(row: SigningKeyRow): SigningKeyRecord {
  return {
    id: row.id,
    publicJwk: row.public_jwk,
    sealedPrivateKey: row.sealed_private_key,
    createdAtMs: row.created_at_ms,
  };
}

/** The newest messages of an application that the sandbox keeps, on every storage. */
export const sandboxMessagesMax = 2_000;

export interface SandboxMessageRow {
  readonly id: string;
  readonly recipient_hash: string;
  readonly channel: ChannelName;
  readonly verification_id: string | null;
  readonly sealed: string;
  readonly at_ms: number;
}

type SandboxMessage = Awaited<ReturnType<SandboxStorage['listMessages']>>[number];

export function toSandboxMessage(applicationId: string, row: SandboxMessageRow): SandboxMessage {
  return {
    id: row.id,
    applicationId,
    recipientHash: row.recipient_hash,
    channel: row.channel,
    verificationId: row.verification_id,
    sealed: row.sealed,
    atMs: row.at_ms,
  };
}
