/**
 * What the steps of this folder need of a storage: rows, read and written by their ids, within one
 * atomic step. The steps hold every rule of counting and ending; a storage holds none.
 */
import type { Ledger } from '#domain/limits.ts';
import type { BudgetEntry, IdempotencyEntry, Repeated } from '#service/ports.ts';
import type { DeliveryRecord, VerificationRecord } from '#service/records.ts';

/** A verification with what only storage knows of it. `application` is the number of its row. */
export interface KeptVerification {
  readonly application: number;
  /** In the order in which they were made. */
  readonly deliveryIds: readonly string[];
  readonly record: VerificationRecord;
}

export interface KeptDelivery {
  readonly application: number;
  /** The version of the code that its message carries. */
  readonly codeVersion: number;
  readonly record: DeliveryRecord;
}

/** A ledger as a step works on it: read, changed in memory, and written once. */
export interface KeptLedger {
  /** The number of its row; null where there is none yet, or none is needed. */
  readonly number: number | null;
  readonly application: number;
  readonly key: string;
  ledger: Ledger;
  /** Live key (purpose and recipient) to the id of the verification that is pending for it. */
  readonly live: Map<string, string>;
}

/** One purpose of one recipient: at most one verification is live for it. */
export function liveKeyOf(of: { purpose: string; recipientHash: string }): string {
  return `${of.purpose}\n${of.recipientHash}`;
}

/** A message that is due, in the order of its moment. */
export interface DueMessage {
  readonly delivery: KeptDelivery;
  /** Whether a node had it in its hands when its lease ran out. */
  readonly wasInFlight: boolean;
}

/** Money that a delivery had reserved, and what became of it. */
export interface Settlement {
  readonly application: number;
  readonly country: string | null;
  readonly reservedAtMs: number;
  readonly currency: string;
  /** What is added to the day's spending; negative gives back. */
  readonly micros: number;
}

/** The step that makes an idempotency row. */
export interface FirstStep {
  readonly application: number;
  readonly verificationId: string;
  /** What it came to; null while a consumed guess is not settled. */
  readonly outcome: string | null;
}

export interface Tables {
  readonly applications: {
    /** For steps whose caller has read the application before: its absence is a bug. */
    requireNumber(id: string): number;
    numberOf(id: string): number | null;
  };
  readonly verifications: {
    /** Within the application, by the whole id. */
    find(applicationId: string, id: string): KeptVerification | null;
    byId(id: string): KeptVerification | null;
    insert(kept: KeptVerification): void;
    /** The one guarded write: counts a guess if one may be made, and says whether it did. */
    consume(kept: KeptVerification, nowMs: number): boolean;
    /** Ends a pending verification whose code is still the one given; one caller wins. */
    finish(kept: KeptVerification): boolean;
    /** Wrong guesses and history, of a finished one too. */
    saveWrong(kept: KeptVerification): void;
    resend(kept: KeptVerification): boolean;
  };
  readonly deliveries: {
    find(id: string): KeptDelivery | null;
    of(kept: KeptVerification): KeptDelivery[];
    insert(kept: KeptDelivery): void;
    save(kept: KeptDelivery): void;
  };
  /** The messages that are still owed to a provider, by the id of their delivery. */
  readonly outbox: {
    /** In the hands of the node that started it until `dueAtMs`. */
    insert(deliveryId: string, dueAtMs: number): void;
    due(nowMs: number, limit: number): readonly DueMessage[];
    schedule(deliveryId: string, dueAtMs: number, isInFlight: boolean): void;
    /** Takes a message out of the queue for good. */
    leave(deliveryId: string): void;
    /** As `leave`, unless a node has the message in its hands and will say what became of it. */
    leaveIfWaiting(deliveryId: string): boolean;
  };
  readonly ledgers: {
    read(application: number, key: string, nowMs: number): KeptLedger;
    write(kept: KeptLedger): void;
  };
  /** Wrong and right guesses of an application, by windows of five minutes. */
  readonly tallies: {
    add(application: number, isRight: boolean, nowMs: number): void;
    /** The window under way and the one before it. */
    recent(application: number, nowMs: number): { wrong: number; right: number };
  };
  /** What an application has spent or promised, by scope: on each UTC day, or of a balance. */
  readonly budgets: {
    spent(
      application: number,
      scope: string,
      nowMs: number,
    ): { readonly micros: number; readonly currency: string } | null;
    reserve(application: number, entries: readonly BudgetEntry[], nowMs: number): void;
    settle(settlement: Settlement): void;
  };
  /** Rows are written in the transaction of the step they make repeatable, never without it. */
  readonly idempotency: {
    /** What a repeated request finds; null when it is the first with its key. */
    find(entry: IdempotencyEntry | null, nowMs: number): Repeated | null;
    /** What the step with this key came to, as far as it came. */
    outcomeOf(entry: IdempotencyEntry | null): string | null;
    insert(entry: IdempotencyEntry | null, step: FirstStep, nowMs: number): void;
    setOutcome(entry: IdempotencyEntry | null, outcome: string): void;
    /** The first one stays. */
    keepAnswer(keyHash: string, sealedAnswer: string): void;
  };
  readonly callbacks: {
    /** The application is owed a call about this ending. */
    insert(kept: KeptVerification, nowMs: number): void;
  };
}
