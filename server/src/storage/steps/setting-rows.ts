/**
 * What every storage keeps as plain rows: settings, credentials and what the sandbox shows. Both
 * databases name the columns alike, so a row is read by the same function wherever it lies.
 */
import {
  type Application,
  type ApplicationSettings,
  defaultSettings,
} from '#domain/application.ts';
import type { ChannelName } from '#domain/channels/channel.ts';
import type { Template } from '#domain/template.ts';
import type {
  ApiKeyRecord,
  CredentialRecord,
  SigningKeyRecord,
  StoredTemplate,
} from '#service/records.ts';
import type { SandboxStorage } from '#service/sandbox-port.ts';

export interface ApplicationRow {
  readonly id: string;
  readonly name: string;
  readonly settings: string;
  readonly created_at_ms: number;
}

/** Settings that an older version kept lack the newer ones: those have their defaults. */
export function toApplication(row: ApplicationRow): Application {
  const kept = JSON.parse(row.settings) as ApplicationSettings;
  return {
    id: row.id,
    name: row.name,
    settings: withDefaults(kept),
    createdAtMs: row.created_at_ms,
  };
}

/** Whether these are the settings that are kept, however old the program that kept them. */
export function areKept(row: ApplicationRow, settings: ApplicationSettings): boolean {
  return JSON.stringify(toApplication(row).settings) === JSON.stringify(withDefaults(settings));
}

function withDefaults(kept: ApplicationSettings): ApplicationSettings {
  return { ...defaultSettings, ...kept, limits: { ...defaultSettings.limits, ...kept.limits } };
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

export interface CredentialRow {
  readonly id: string;
  readonly application_id: string;
  readonly facade: string;
  readonly public_id: string;
  readonly secret_hashes: string;
  readonly details: string;
  readonly created_at_ms: number;
  readonly revoked_at_ms: number | null;
}

export function toCredential(row: CredentialRow): CredentialRecord {
  return {
    id: row.id,
    applicationId: row.application_id,
    facade: row.facade,
    publicId: row.public_id,
    secretHashes: JSON.parse(row.secret_hashes) as CredentialRecord['secretHashes'],
    details: JSON.parse(row.details) as CredentialRecord['details'],
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
