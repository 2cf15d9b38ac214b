/**
 * What the service has to know of a façade: how its credentials look, and what it keeps of its own
 * in an application's settings. Everything else about a façade is between it and its clients.
 */
import type { Application } from '#domain/application.ts';
import type { OwnSettings } from '#domain/facade-settings.ts';
import type { Result } from '#domain/refusal.ts';
import type { ServiceContext } from '#service/context.ts';
import type { CredentialRecord } from '#service/records.ts';
import type { VerificationInFullView } from '#service/views.ts';

export interface FacadeDefinition {
  /** As in the path `/compat/<name>/`, in settings, and as the origin of verifications. */
  readonly name: string;
  readonly credentials: CredentialScheme;
  /** See `OwnSettingsReader`; `checkUrl` refuses addresses that callbacks must not reach. */
  readSettings(
    before: OwnSettings,
    patch: OwnSettings,
    tools: Pick<ServiceContext, 'checkUrl'>,
  ): Result<OwnSettings>;
  /**
   * A callback about a verification that began through this façade, in the vendor's shape. Without
   * it such a verification is told as every other. `view` is as it is when it is told.
   */
  formatCallback?(view: VerificationInFullView): FormattedCallback;
}

export interface FormattedCallback {
  /** In small letters. Signing adds its own; a receiver that knows none passes over them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Credentials in a vendor's own shape. */
export interface CredentialScheme {
  /** Makes new ones; an operator may name parts of them, so that clients keep what they have. */
  make(options: Readonly<Record<string, unknown>>): Result<NewCredential>;
  /** What a client presents that was given what was shown; null for what is of another shape. */
  present(shown: Readonly<Record<string, unknown>>): PresentedCredential | null;
}

export interface NewCredential {
  readonly publicId: string;
  readonly secrets: Readonly<Record<string, NewSecret>>;
  readonly details: Readonly<Record<string, unknown>>;
  /** What its owner needs, in the vendor's words; shown once, and kept nowhere. */
  readonly shown: Readonly<Record<string, string>>;
}

export interface NewSecret {
  readonly value: string;
  /**
   * `random` has at least 128 random bits, and a plain hash is enough. `chosen` may be a person's
   * password, or a digest of one, and is kept under a slow hash.
   */
  readonly kind: 'random' | 'chosen';
}

/**
 * Where the secret alone is sent, as an API key is, its hash may serve as the public id: then there
 * is no other secret.
 */
export interface PresentedCredential {
  readonly publicId: string;
  /** Those that the call carries; at least one where the credential has any. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** A credential as it is listed: no hash of a secret leaves the service. */
export type CredentialView = Omit<CredentialRecord, 'secretHashes'>;

/** What a credential opened: whose it is, and what its façade knows of it. */
export interface OpenedCredential {
  readonly credential: CredentialView;
  readonly application: Application;
}

/** What a token was given for. */
export interface TokenGrant {
  /** As the vendor writes it; empty where it has none. */
  readonly scope: string;
  /** Null for one that lives as long as its credential. */
  readonly lifetimeSeconds: number | null;
}

export interface IssuedToken {
  readonly token: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number | null;
}

export type TokenVerdict =
  | ({ readonly kind: 'valid'; readonly scope: string } & OpenedCredential)
  | { readonly kind: 'expired' }
  /** Not a token of this façade, or its credential was revoked. */
  | { readonly kind: 'invalid' };
