import type { Application, ApplicationSettings } from '#domain/application.ts';
import type { Result } from '#domain/refusal.ts';
import type { Template } from '#domain/template.ts';
import type { Receipt } from '#service/ports.ts';
import type { ApiKeyRecord, StoredTemplate } from '#service/records.ts';
import type {
  CheckRequest,
  ListRequest,
  RecipientCheckRequest,
  ResendRequest,
  StartRequest,
} from '#service/requests.ts';
import type {
  Answer,
  VerdictView,
  VerificationView,
  VerificationWithHistoryView,
} from '#service/views.ts';

/** Who asks, and through which door (`api`, `cli`, `phone`, a façade's name). */
export interface Caller {
  readonly application: Application;
  readonly origin: string;
}

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
  resendCode(
    caller: Caller,
    request: ResendRequest,
    key: IdempotencyKey,
  ): Promise<Result<Answer<VerificationView>>>;
  cancelVerification(
    caller: Caller,
    verificationId: string,
    key: IdempotencyKey,
  ): Promise<Result<Answer<VerificationView>>>;
  readVerification(
    caller: Caller,
    verificationId: string,
  ): Promise<Result<VerificationWithHistoryView>>;
  listVerifications(
    caller: Caller,
    request: ListRequest,
  ): Promise<Result<{ items: readonly VerificationView[]; nextCursor: string | null }>>;

  /** The application that an API key opens, or null. Revoking takes effect within two seconds. */
  authenticate(apiKey: string): Promise<Application | null>;
  /** What a provider said of a message, however often and in whatever order it says it. */
  recordReceipt(receipt: Receipt): Promise<void>;

  createApplication(
    name: string,
    settings?: Partial<ApplicationSettings>,
  ): Promise<Result<Application>>;
  readApplication(id: string): Promise<Result<Application>>;
  listApplications(): Promise<readonly Application[]>;
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

  saveTemplate(applicationId: string, template: Template): Promise<Result<StoredTemplate>>;
  readTemplate(applicationId: string, name: string): Promise<Result<StoredTemplate>>;
  listTemplates(applicationId: string): Promise<readonly StoredTemplate[]>;
  deleteTemplate(applicationId: string, name: string): Promise<Result<null>>;

  /** Public keys that proofs are checked with, as a JSON Web Key Set (RFC 7517). */
  publicKeys(): Promise<{ keys: readonly Record<string, string>[] }>;
  ping(): Promise<void>;
}
