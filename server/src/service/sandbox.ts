import type { SandboxMessage } from '#service/provider-port.ts';

/** What a development server shows beside the service: the virtual phone, its clock, its reset. */
export interface Sandbox {
  listMessages(query: {
    readonly applicationId: string;
    /** As typed; compared in its canonical form. */
    readonly recipient: string | null;
    readonly limit: number;
  }): Promise<readonly SandboxMessage[]>;
  /** Moves the clock; everything due by then has happened when this answers. */
  advanceClock(seconds: number): Promise<{ readonly nowMs: number }>;
  reset(applicationId: string): Promise<void>;
  /** Called for every change until the returned function is called. */
  subscribe(listener: (event: SandboxEvent) => void): () => void;
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
