import type { Application, ApplicationSettings } from '#domain/application.ts';
import type { Handle } from '#domain/handle.ts';
import type { Refusal, Result } from '#domain/refusal.ts';
import type { Template } from '#domain/template.ts';
import type {
  CredentialView,
  IssuedToken,
  OpenedCredential,
  PresentedCredential,
  TokenGrant,
  TokenVerdict,
} from '#service/facade-port.ts';
import type { Receipt } from '#service/ports.ts';
import type { ApiKeyRecord, StoredTemplate } from '#service/records.ts';
import type {
  CheckRequest,
  ListRequest,
  MessageListRequest,
  MessageRequest,
  RecipientCheckRequest,
  ReferenceCheckRequest,
  ResendRequest,
  StartRequest,
} from '#service/requests.ts';
import type {
  Answer,
  CanceledView,
  MessageView,
  VerdictView,
  VerificationInFullView,
  VerificationView,
  VerificationWithHistoryView,
} from '#service/views.ts';

/** Who asks, and through which door (`api`, `cli`, `phone`, a façade's name). */
export interface Caller {
  readonly application: Application;
  readonly origin: string;
  /** A proof where it is not said. */
  readonly approvalYields?: ApprovalYield;
  /** Whether a refusal is kept under the key as an answer is; a door that reads a log says so. */
  readonly keepsRefusals?: true;
  /** Whether what sends throws `NoRoomToSend` while too much waits; a door that reads a log can. */
  readonly waitsForRoom?: true;
  /** With `keepsRefusals`: what has no effect under its key by now gets this refusal and none. */
  readonly tooLate?: Refusal;
}

/**
 * What a door gets of an approval beside the verdict: a proof to hand on, the recipient in full for
 * a vendor's format that names it, or neither. A proof that nobody sees is not signed: that takes a
 * tenth of all that a start and its check take.
 */
export type ApprovalYield = 'proof' | 'recipient' | 'nothing';

/** 1 to 255 visible ASCII characters, or null for a step that is not to be repeatable. */
export type IdempotencyKey = string | null;

/** A settings change: a field that is absent stays; doors check shapes, the service the rest. */
export type SettingsPatch = { readonly [Key in keyof ApplicationSettings]?: unknown };

/** All verbs. Each is a file of its own beside this one; doors see nothing else of the product. */
export interface Service {
  startVerification(
    caller: Caller,
    request: StartRequest,
    key: IdempotencyKey,
  ): Promise<Result<Answer<VerificationView>>>;
  checkCode(
    caller: Caller,
    request: CheckRequest,
    key: IdempotencyKey,
  ): Promise<Result<Answer<VerdictView>>>;
  checkRecipient(
    caller: Caller,
    request: RecipientCheckRequest,
    key: IdempotencyKey,
  ): Promise<Result<Answer<VerdictView>>>;
  /** Refused starts and plain messages are passed over; `verification_not_found` is a refusal. */
  checkReference(
    caller: Caller,
    request: ReferenceCheckRequest,
    key: IdempotencyKey,
  ): Promise<Result<Answer<VerdictView>>>;
  resendCode(
    caller: Caller,
    request: ResendRequest,
    key: IdempotencyKey,
  ): Promise<Result<Answer<VerificationView>>>;
  cancelVerification(
    caller: Caller,
    verificationId: string,
    key: IdempotencyKey,
  ): Promise<Result<Answer<CanceledView>>>;
  readVerification(
    caller: Caller,
    verificationId: string,
  ): Promise<Result<VerificationWithHistoryView>>;
  /** With everything that was asked for, the recipient in full: for vendors' formats alone. */
  readVerificationInFull(
    caller: Caller,
    verificationId: string,
  ): Promise<Result<VerificationInFullView>>;
  listVerifications(
    caller: Caller,
    request: ListRequest,
  ): Promise<Result<{ items: readonly VerificationView[]; nextCursor: string | null }>>;

  /** Sends a text that proves nothing, now or later; no verb of verifications knows it. */
  sendMessage(
    caller: Caller,
    request: MessageRequest,
    key: IdempotencyKey,
  ): Promise<Result<Answer<MessageView>>>;
  readMessage(caller: Caller, messageId: string): Promise<Result<MessageView>>;
  listMessages(
    caller: Caller,
    request: MessageListRequest,
  ): Promise<Result<{ items: readonly MessageView[]; nextCursor: string | null }>>;

  /**
   * A `reference` in the place of a text that must be kept nowhere as it is, such as a national id:
   * the same text gives the same one, in this application alone.
   */
  concealedReference(caller: Caller, text: string): string;
  /** The caller's verification that a handle names (`domain/handle.ts`), or null. */
  verificationIdOf(caller: Caller, handle: Handle): Promise<string | null>;

  /** The application that an API key opens, or null. Revoking takes effect within two seconds. */
  authenticate(apiKey: string): Promise<Application | null>;
  /** What a façade's credential opens, or null. Revoking takes effect within two seconds. */
  authenticateWith(
    facade: string,
    presented: PresentedCredential,
  ): Promise<OpenedCredential | null>;
  /** A token of the credential's façade, to be shown instead of the credential. */
  issueToken(opened: OpenedCredential, grant: TokenGrant): Promise<IssuedToken>;
  readToken(facade: string, token: string): Promise<TokenVerdict>;

  /** What a provider said of a message, however often and in whatever order it says it. */
  recordReceipt(receipt: Receipt): Promise<void>;

  createApplication(
    name: string,
    settings?: Partial<ApplicationSettings>,
  ): Promise<Result<Application>>;
  readApplication(id: string): Promise<Result<Application>>;
  listApplications(): Promise<readonly Application[]>;
  /** How many messages it may still hand over; null where its settings set no bound. */
  readBalance(application: Application): Promise<{ readonly messages: number } | null>;
  /** What callbacks of an application are signed with: `whsec_` and base64 (Standard Webhooks). */
  callbackSecret(applicationId: string): string;
  changeSettings(applicationId: string, patch: SettingsPatch): Promise<Result<Application>>;
  /** The key itself is shown here once and kept only as a hash. */
  createApiKey(
    applicationId: string,
    label: string,
  ): Promise<Result<{ record: ApiKeyRecord; apiKey: string }>>;
  listApiKeys(applicationId: string | null): Promise<readonly ApiKeyRecord[]>;
  revokeApiKey(id: string): Promise<Result<null>>;
  /** Credentials in a vendor's shape. `shown` is shown here once; secrets are kept as hashes. */
  createCredential(
    applicationId: string,
    facade: string,
    options: Readonly<Record<string, unknown>>,
  ): Promise<Result<{ credential: CredentialView; shown: Readonly<Record<string, string>> }>>;
  /** Null lists those of every façade. */
  listCredentials(facade: string | null): Promise<Result<readonly CredentialView[]>>;
  /** `word` is the id, or the public id of one; answers the id. */
  revokeCredential(facade: string, word: string): Promise<Result<string>>;

  saveTemplate(applicationId: string, template: Template): Promise<Result<StoredTemplate>>;
  readTemplate(applicationId: string, name: string): Promise<Result<StoredTemplate>>;
  listTemplates(applicationId: string): Promise<readonly StoredTemplate[]>;
  deleteTemplate(applicationId: string, name: string): Promise<Result<null>>;

  /** Public keys that proofs are checked with, as a JSON Web Key Set (RFC 7517). */
  publicKeys(): Promise<{ keys: readonly Record<string, string>[] }>;
  ping(): Promise<void>;
}
