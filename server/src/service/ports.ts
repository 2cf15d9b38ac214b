/**
 * What the service needs from storage. Each function is one atomic step: it is answered after its
 * effects are durable, it changes everything it says or nothing, and it decides by the storage's
 * own time. Adapters are proven by `storage/storage.contract.ts`.
 *
 * Storage never sees a code, a recipient or a text: what is `sealed…` is ciphertext, what is
 * `…Hash` a keyed hash (both base64url). A storage that cannot answer throws `StorageUnavailable`.
 */
import type { Application, ApplicationSettings } from '#domain/application.ts';
import type { ChannelName } from '#domain/channels/channel.ts';
import type { NamedLimit, Refusal } from '#domain/refusal.ts';
import type { Template } from '#domain/template.ts';
import type { CheckReason, EndingEvent, SecondStartRule } from '#domain/verification.ts';
import type { EventStorage } from '#service/event-port.ts';
import type {
  ApiKeyRecord,
  CallbackRecord,
  CredentialRecord,
  DeliveryRecord,
  SigningKeyRecord,
  StoredTemplate,
  VerificationRecord,
  VerificationWithDeliveries,
} from '#service/records.ts';
import type { IdempotencyEntry, KeptRefusal, Repeated } from '#service/repeatable-port.ts';
import type { SandboxStorage } from '#service/sandbox-port.ts';

export {
  type FirstEffect,
  type IdempotencyEntry,
  type KeptRefusal,
  type Repeated,
  refusedOutcome,
} from '#service/repeatable-port.ts';

/** The storage cannot be reached, is full, or failed to commit: nothing was changed. */
export class StorageUnavailable extends Error {
  override readonly name = 'StorageUnavailable';
}

/** Sends that one start or resend enters into the ledger of a recipient or of an address. */
export interface LedgerEntry {
  readonly key: string;
  readonly count: number;
  readonly limits: readonly NamedLimit[];
}

/** What is reserved in a daily budget, or taken of a balance, before anything is sent. */
export interface BudgetEntry {
  /** `all`, or a country, or a balance (`domain/balance.ts`). */
  readonly scope: string;
  readonly micros: number;
  readonly maxMicros: number;
  readonly currency: string;
}

export interface NewDelivery {
  readonly id: string;
  readonly channel: ChannelName;
  readonly provider: string;
  /** What `quoteMicros` is for: no text that is made again later takes more. */
  readonly parts: number;
  readonly quoteMicros: number | null;
  readonly currency: string | null;
}

export interface NewVerification {
  readonly id: string;
  readonly applicationId: string;
  readonly origin: string;
  readonly purpose: string;
  readonly recipientHash: string;
  readonly ledgerKey: string;
  readonly country: string | null;
  readonly channel: ChannelName;
  /** Of a plain message its text. */
  readonly sealedCode: string;
  readonly sealedRequest: string;
  readonly codeBits: number;
  /** 0 for a plain message (`domain/plain-message.ts`), which is started as a verification is. */
  readonly codeVersion?: 0;
  readonly checksMax: number;
  readonly sendsMax: number;
  readonly lifetimeMs: number;
  readonly transactionHash: string | null;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly hasCallback: boolean;
}

export interface StartStep {
  readonly verification: NewVerification;
  readonly deliveries: readonly NewDelivery[];
  readonly ledgers: readonly LedgerEntry[];
  readonly budgets: readonly BudgetEntry[];
  readonly secondStart: SecondStartRule;
  /** When a plain message is due, if not at once; its lifetime begins then. */
  readonly sendAtMs?: number;
  /** Absent: the product's own. On the hot path every byte is moved thrice. */
  readonly resendWaitsSeconds?: readonly number[];
  readonly idempotency: IdempotencyEntry | null;
  /** How long the starting node may take for the first hand-over before others may take over. */
  readonly leaseMs: number;
}

export type StartOutcome =
  | ({
      readonly kind: 'started';
      /** The live verification whose place the new one took, if there was one. */
      readonly supersededId: string | null;
    } & VerificationWithDeliveries)
  /** A limit or a budget said no; recorded as blocked, nothing will be sent. */
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** With every rule but `supersede`: one is live already, nothing was changed. */
  | { readonly kind: 'live'; readonly verificationId: string }
  /** The recipient's guess budget asks for a longer code; nothing was changed. */
  | { readonly kind: 'code_too_weak'; readonly digitsMin: 8 | 10 }
  | Repeated;

export interface ConsumeStep {
  readonly applicationId: string;
  readonly verificationId: string;
  /** A verification for another one, or that began at another door, is not found. */
  readonly purpose?: string;
  readonly origin?: string;
  /** The address the guess came from, when the caller says so. */
  readonly address: { readonly key: string; readonly limits: readonly NamedLimit[] } | null;
  /** Undefined: not repeated in this check. A hash that differs ends the verification. */
  readonly transactionHash: string | undefined;
  readonly transactionRequired: boolean;
  /**
   * Counts this check whatever it comes to, also where there is nothing to check; without room for
   * it nothing is looked at. Absent where the application limits no checks.
   */
  readonly checks?: LedgerEntry;
  readonly idempotency: IdempotencyEntry | null;
}

/** What a guess is compared with, and nothing else: on the hot path every byte is moved thrice. */
export type GuessedVerification = Pick<
  VerificationRecord,
  'id' | 'applicationId' | 'recipientHash' | 'purpose' | 'sealedCode' | 'codeVersion' | 'checksUsed'
>;

export type ConsumeOutcome =
  /** One guess is durably spent: compare now, then settle. */
  | {
      readonly kind: 'consumed';
      readonly verification: GuessedVerification;
      readonly chargedAtMs: number;
    }
  /**
   * Nothing was consumed, and nothing may be compared. A changed transaction ends the verification
   * with the reason `wrong_code`: the answer does not say which part was wrong.
   */
  | ({
      readonly kind: 'not_admitted';
      readonly reason: CheckReason;
      /** It ended the verification, or was the first to come after its time. */
      readonly isFirstAtEnd: boolean;
    } & VerificationWithDeliveries)
  | { readonly kind: 'transaction_missing' }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'not_found' }
  | Repeated;

export interface SettleStep {
  readonly applicationId: string;
  readonly verificationId: string;
  readonly codeVersion: number;
  readonly chargedAtMs: number;
  readonly isRight: boolean;
  readonly addressKey: string | null;
  readonly idempotency: IdempotencyEntry | null;
}

/** Under an idempotency key a guess is settled once: the same again finds what it came to. */
export type SettleOutcome = VerificationWithDeliveries & { readonly reason: CheckReason | null };

export interface ResendStep {
  readonly applicationId: string;
  readonly verificationId: string;
  /** Null sends the same code again. */
  readonly code: { readonly sealedCode: string; readonly codeBits: number } | null;
  /** The code version that the deliveries' texts were made for, when it stays the same. */
  readonly codeVersion: number;
  /**
   * What was asked for, changed because this send goes elsewhere; it holds only when nothing was
   * sent since, so it comes with the number of sends it was made after.
   */
  readonly changedRequest?: { readonly sealedRequest: string; readonly sendsUsed: number };
  /** As in a start. */
  readonly resendWaitsSeconds?: readonly number[];
  readonly channel: ChannelName;
  readonly deliveries: readonly NewDelivery[];
  readonly ledgers: readonly LedgerEntry[];
  readonly budgets: readonly BudgetEntry[];
  readonly idempotency: IdempotencyEntry | null;
  readonly leaseMs: number;
}

export type ResendOutcome =
  | ({ readonly kind: 'resent' } & VerificationWithDeliveries)
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'code_too_weak'; readonly digitsMin: 8 | 10 }
  /** Another resend came first: read again and repeat. */
  | { readonly kind: 'outdated' }
  | { readonly kind: 'not_found' }
  | Repeated;

export type CancelOutcome =
  /** `isFirstAtEnd` is false where it was canceled before: then nothing was changed. */
  | ({ readonly kind: 'canceled'; readonly isFirstAtEnd: boolean } & VerificationWithDeliveries)
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'not_found' }
  | Repeated;

export interface ListQuery {
  readonly applicationId: string;
  readonly status: string | null;
  readonly recipientHash: string | null;
  readonly purpose: string | null;
  readonly reference: string | null;
  /** Plain messages in the place of verifications. */
  readonly kind?: 'message';
  readonly limit: number;
  /** Exclusive upper bound of heads (`domain/id.ts`): only older ones are listed. */
  readonly before: number | null;
}

export interface ReferenceQuery {
  readonly applicationId: string;
  readonly reference: string;
  readonly purpose: string | null;
  readonly channel: ChannelName | null;
  readonly origin: string | null;
}

/** A delivery that this node now has to hand over, and what its message is composed from. */
export interface ClaimedDelivery {
  readonly delivery: DeliveryRecord;
  readonly verification: VerificationRecord;
  /** How many deliveries of the verification on the same channel were made before it. */
  readonly earlierOnChannel: number;
}

export interface AttemptResult {
  readonly deliveryId: string;
  readonly provider: string;
  /** `queued` schedules another hand-over at `retryInMs`. */
  readonly status: 'sent' | 'failed' | 'queued';
  /** False for a message that only waited for room: waiting uses up no hand-over. */
  readonly wasTried: boolean;
  readonly retryInMs: number;
  /** Kept when it is worth sending again: the next hand-over may be a second one. */
  readonly isPossibleDuplicate: boolean;
  /** Of the text that was handed over, where one was: no more than were reserved. */
  readonly parts?: number;
  readonly providerMessageId: string | null;
  readonly costMicros: number | null;
  readonly currency: string | null;
  readonly error: string | null;
}

export interface Receipt {
  readonly deliveryId: string;
  readonly status: 'sent' | 'delivered' | 'undelivered' | 'read';
  readonly error: string | null;
}

export interface Storage {
  // The hot path.
  startVerification(step: StartStep): Promise<StartOutcome>;
  consumeGuess(step: ConsumeStep): Promise<ConsumeOutcome>;
  /** Null where the verification was forgotten since: only the sandbox's reset does that. */
  settleGuess(step: SettleStep): Promise<SettleOutcome | null>;
  resendCode(step: ResendStep): Promise<ResendOutcome>;
  cancelVerification(step: {
    readonly applicationId: string;
    readonly verificationId: string;
    readonly event: EndingEvent;
    readonly idempotency: IdempotencyEntry | null;
  }): Promise<CancelOutcome>;
  recordAttempts(results: readonly AttemptResult[]): Promise<void>;
  /** Whether a step was done before; asked first, so that nothing else decides a repetition. */
  findRepeated(entry: IdempotencyEntry): Promise<Repeated | null>;
  keepAnswer(keyHash: string, sealedAnswer: string): Promise<void>;
  /** Takes the key for a step that was refused; what is there already stays and is answered. */
  keepRefusal(refusal: KeptRefusal): Promise<Repeated | null>;

  // Reading.
  readVerification(
    applicationId: string,
    verificationId: string,
  ): Promise<VerificationWithDeliveries | null>;
  /** The live verification of a recipient and purpose. */
  findLive(applicationId: string, ledgerKey: string, liveKey: string): Promise<string | null>;
  /** What was spent and promised under a scope of `BudgetEntry`, of a day: under the one of now. */
  readSpent(applicationId: string, scope: string): Promise<number>;
  /**
   * Ids of the application's verifications by the part of them that a handle holds
   * (`domain/handle.ts`). More than one only where two nodes drew the same head at once.
   */
  findByHandle(
    applicationId: string,
    handle: { readonly head: number; readonly shard: number },
  ): Promise<readonly string[]>;
  /**
   * The newest verification with a reference, of those that the rest of the query admits; refused
   * starts are none. One that began more than two days ago may not be found: its code is dead.
   */
  findByReference(query: ReferenceQuery): Promise<string | null>;
  /** Newest first. A page may hold less than `limit`, even nothing, while `next` tells of more. */
  listVerifications(query: ListQuery): Promise<{
    readonly items: readonly VerificationWithDeliveries[];
    readonly next: number | null;
  }>;
  /** The storage's time, milliseconds since 1970. */
  now(): Promise<number>;

  // Deliveries and callbacks that are due. A claim holds for `leaseMs`.
  claimDeliveries(limit: number, leaseMs: number): Promise<readonly ClaimedDelivery[]>;
  /** For what this node still has in its hands, so that nobody takes it for lost. */
  renewLeases(deliveryIds: readonly string[], leaseMs: number): Promise<void>;
  /** Null for a delivery nobody knows; unchanged when it is no step forward. */
  recordReceipt(receipt: Receipt): Promise<DeliveryRecord | null>;
  claimCallbacks(limit: number, leaseMs: number): Promise<readonly CallbackRecord[]>;
  /** Null ends it. One that only waited for room was not tried. */
  recordCallback(
    id: string,
    result: { readonly retryInMs: number | null; readonly wasTried: boolean },
  ): Promise<void>;

  // What the clock starts. Each call does a bounded step and says whether there is more.
  expireDue(limit: number): Promise<{
    readonly expired: readonly { readonly id: string; readonly applicationId: string }[];
    readonly more: boolean;
  }>;
  purge(limit: number): Promise<{ readonly more: boolean }>;

  // Applications, keys, templates.
  createApplication(application: Application): Promise<void>;
  readApplication(id: string): Promise<Application | null>;
  listApplications(): Promise<readonly Application[]>;
  /** `changed` when they are not `before` any more: somebody else was first, read again. */
  saveSettings(
    id: string,
    settings: ApplicationSettings,
    before: ApplicationSettings,
  ): Promise<Application | 'changed' | null>;
  /** False when a key with this hash was made before, revoked or not; nothing is changed then. */
  createApiKey(key: ApiKeyRecord & { readonly hash: string }): Promise<boolean>;
  /** Finds no revoked key. */
  findApiKey(hash: string): Promise<ApiKeyRecord | null>;
  listApiKeys(applicationId: string | null): Promise<readonly ApiKeyRecord[]>;
  revokeApiKey(id: string): Promise<boolean>;
  /** False when a live credential of the façade has the public id; nothing is changed then. */
  createCredential(credential: CredentialRecord): Promise<boolean>;
  /** Finds no revoked one. */
  findCredential(facade: string, publicId: string): Promise<CredentialRecord | null>;
  /** In the order in which they were made, revoked ones too. */
  listCredentials(facade: string | null): Promise<readonly CredentialRecord[]>;
  revokeCredential(id: string): Promise<boolean>;
  saveTemplate(applicationId: string, template: Template): Promise<StoredTemplate>;
  readTemplate(applicationId: string, name: string): Promise<StoredTemplate | null>;
  listTemplates(applicationId: string): Promise<readonly StoredTemplate[]>;
  deleteTemplate(applicationId: string, name: string): Promise<boolean>;

  // Secrets that outlive a key of the ring: kept sealed, sealed again when the ring turns.
  readSecret(name: string): Promise<string | null>;
  /** Keeps the value unless the name is taken; answers what is kept. */
  createSecret(name: string, sealed: string): Promise<string>;
  replaceSecret(name: string, sealed: string): Promise<void>;
  saveSigningKey(key: SigningKeyRecord): Promise<void>;
  listSigningKeys(): Promise<readonly SigningKeyRecord[]>;
  deleteSigningKey(id: string): Promise<void>;

  readonly sandbox: SandboxStorage;
  readonly events: EventStorage;

  /** Answers when a read and a write work; throws `StorageUnavailable` otherwise. */
  ping(): Promise<void>;
  close(): Promise<void>;
  /**
   * Resolves with the reason when the storage has stopped for good by itself. The process should
   * end then, so that whoever watches over it starts it anew; every call is refused meanwhile.
   */
  readonly whenLost: Promise<Error>;
}
