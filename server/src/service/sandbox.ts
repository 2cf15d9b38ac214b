import type { Application } from '#domain/application.ts';
import type { Result } from '#domain/refusal.ts';
import type { SandboxMessage } from '#service/provider-port.ts';

/** One step of the clock, 366 days: longer than anything that is kept. */
export const clockStepSecondsMax = 31_622_400;

/** What a development server shows beside the service: the virtual phone, its clock, its reset. */
export interface Sandbox {
  /** Newest first. A recipient is read as a start of the application reads it. */
  listMessages(
    application: Application,
    query: { readonly recipient: string | null; readonly limit: number },
  ): Promise<Result<SandboxListing>>;
  /** Moves the clock; everything due by then has happened when this answers. */
  advanceClock(seconds: number): Promise<{ readonly nowMs: number }>;
  reset(applicationId: string): Promise<void>;
  /** Called for every change until the returned function is called. */
  subscribe(listener: (event: SandboxEvent) => void): () => void;
}

export interface SandboxListing {
  /** The one that was asked for, in its canonical form. */
  readonly recipient: string | null;
  readonly messages: readonly SandboxMessage[];
}

export type SandboxEvent =
  | { readonly kind: 'message'; readonly message: SandboxMessage }
  /** Something about it changed: its status, its guesses or a delivery. */
  | {
      readonly kind: 'verification';
      readonly verificationId: string;
      readonly applicationId: string;
    }
  | { readonly kind: 'clock'; readonly nowMs: number }
  | { readonly kind: 'reset'; readonly applicationId: string };
