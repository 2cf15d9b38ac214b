import type { ChannelName } from '#domain/channels/channel.ts';

/** A message on the virtual phone, as it is kept: recipient and content sealed. */
export interface SealedSandboxMessage {
  readonly id: string;
  readonly applicationId: string;
  readonly recipientHash: string;
  readonly channel: ChannelName;
  readonly verificationId: string | null;
  readonly sealed: string;
}

/** What only a development server asks of its storage. */
export interface SandboxStorage {
  /** Keeps the newest 2,000 messages of an application. Answers the storage's time. */
  putMessage(message: SealedSandboxMessage): Promise<{ readonly atMs: number }>;
  listMessages(query: {
    readonly applicationId: string;
    readonly recipientHash: string | null;
    readonly limit: number;
  }): Promise<readonly (SealedSandboxMessage & { readonly atMs: number })[]>;
  /** Moves the storage's clock forward, for every node on it; answers the new time. */
  advanceClock(milliseconds: number): Promise<number>;
  /** Forgets messages, verifications, ledgers and spent budgets of one application. */
  reset(applicationId: string): Promise<void>;
}
