/** What storage keeps and gives back. Sealed and hashed values are base64url; see `ports.ts`. */
import type { ChannelName } from '#domain/channels/channel.ts';
import type { DeliveryStatus } from '#domain/delivery.ts';
import type { Template } from '#domain/template.ts';
import type { HistoryEvent, Progress } from '#domain/verification.ts';

export interface HistoryEntry {
  readonly atMs: number;
  readonly event: HistoryEvent;
  readonly detail: string | null;
}

/** A verification as it is kept. */
export interface VerificationRecord extends Progress {
  readonly id: string;
  readonly applicationId: string;
  /** The door it came through: `api`, `cli`, `phone`, or a façade's name. */
  readonly origin: string;
  readonly purpose: string;
  readonly recipientHash: string;
  /** The key of the recipient's ledger; differs from `recipientHash` for folded addresses. */
  readonly ledgerKey: string;
  readonly country: string | null;
  readonly channel: ChannelName;
  /** Null once the code's life is over. */
  readonly sealedCode: string | null;
  /** What was asked for, to send it again and to show the recipient; null after retention. */
  readonly sealedRequest: string | null;
  readonly codeBits: number;
  /** Counts codes given out: an approval holds only for the code it was compared with. */
  readonly codeVersion: number;
  readonly transactionHash: string | null;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly hasCallback: boolean;
  readonly blockedReason: string | null;
  readonly createdAtMs: number;
  readonly finishedAtMs: number | null;
  readonly history: readonly HistoryEntry[];
}

export interface DeliveryRecord {
  readonly id: string;
  readonly verificationId: string;
  readonly applicationId: string;
  readonly channel: ChannelName;
  readonly provider: string;
  readonly status: DeliveryStatus;
  readonly parts: number;
  /** What its provider asked for it before it was sent; reserved in the budgets. */
  readonly quoteMicros: number | null;
  readonly quoteCurrency: string | null;
  readonly costMicros: number | null;
  readonly currency: string | null;
  readonly error: string | null;
  readonly providerMessageId: string | null;
  readonly attempts: number;
  readonly isPossibleDuplicate: boolean;
  readonly createdAtMs: number;
  readonly history: readonly HistoryEntry[];
}

export interface VerificationWithDeliveries {
  readonly verification: VerificationRecord;
  readonly deliveries: readonly DeliveryRecord[];
  /** The storage's time when this was true. */
  readonly atMs: number;
}

/** A change of status that the application's callback URL is told about. */
export interface CallbackRecord {
  readonly id: string;
  readonly applicationId: string;
  readonly verificationId: string;
  readonly event: string;
  readonly atMs: number;
  readonly attempts: number;
}

export interface ApiKeyRecord {
  readonly id: string;
  readonly applicationId: string;
  readonly label: string;
  readonly createdAtMs: number;
  readonly revokedAtMs: number | null;
}

/** What opens a façade for an application, in the shape that the façade's vendor gives it. */
export interface CredentialRecord {
  readonly id: string;
  readonly applicationId: string;
  readonly facade: string;
  /** What a client presents openly; one live credential of a façade has it. */
  readonly publicId: string;
  /** Hashes by the names that the façade has for its secrets, see `service/secret-hash.ts`. */
  readonly secretHashes: Readonly<Record<string, string>>;
  /** What else the façade knows of it: scopes, the lifetime of its tokens. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly createdAtMs: number;
  readonly revokedAtMs: number | null;
}

/** What is found in a data folder, or in a database server, by looking alone. */
export type DatabaseInspection =
  | { readonly kind: 'missing' }
  /** Made by an older program: it wants migrating before anything else can be read. */
  | { readonly kind: 'older' }
  | {
      readonly kind: 'current';
      /** How far the storage's time is ahead of the machine's. */
      readonly clockAheadMs: number;
      /** Sealed values by their names. */
      readonly secrets: ReadonlyMap<string, string>;
      /** Ids of all applications. */
      readonly applications: ReadonlySet<string>;
      /** Where the database is a server of its own. */
      readonly server?: DatabaseServer;
    };

export interface DatabaseServer {
  /** Which schema it has, for a person. */
  readonly schema: string;
  readonly isPooled: boolean;
  /** Whether a crash loses nothing that was acknowledged. */
  readonly isDurable: boolean;
  readonly clockAheadMs: number;
  readonly connections: { readonly used: number; readonly max: number };
}

/** A key that proofs are signed with; the private half is sealed. */
export interface SigningKeyRecord {
  readonly id: string;
  /** JWK of the public half, as JSON. */
  readonly publicJwk: string;
  readonly sealedPrivateKey: string;
  readonly createdAtMs: number;
}

export interface StoredTemplate {
  readonly template: Template;
  readonly updatedAtMs: number;
}
