/** What happened, for whoever wants to be told of all of it: a part of `ports.ts`. */
import type { DeliveryStatus } from '#domain/delivery.ts';
import type { VerificationStatus } from '#domain/verification.ts';

export type EventType =
  | `verification.${'started' | Exclude<VerificationStatus, 'pending'>}`
  | `delivery.${Exclude<DeliveryStatus, 'queued'>}`;

/** A change of status. What it was a change of is read where it is told. */
export interface EventRecord {
  /** Its place in the order of events, and its name to `removeEvents`. */
  readonly position: number;
  /** Stays the same however often it is told. */
  readonly id: string;
  readonly type: EventType;
  readonly applicationId: string;
  /** Of a plain message its own id. */
  readonly verificationId: string;
  /** Of an event of a delivery. */
  readonly deliveryId: string | null;
  readonly atMs: number;
}

/**
 * Events are written in the transaction of the change, by a storage that was opened to keep them,
 * and stay until they were told, for a week at most. One holder at a time tells them
 * (docs/internals/decisions/events-leave-by-an-outbox.md).
 */
export interface EventStorage {
  /**
   * The oldest events, in their order, to the one that holds the right to tell them: whoever asks
   * while nobody has it. It holds for `leaseMs` and is prolonged by asking; null for everybody else
   * meanwhile. Of one verification no event is older than one that was answered before.
   */
  claimEvents(claim: EventClaim): Promise<readonly EventRecord[] | null>;
  /** For those that were told, whoever holds the right by now. */
  removeEvents(positions: readonly number[]): Promise<void>;
  /** Ends the right of a holder, if it has it: whoever asks next may tell at once. */
  releaseEvents(holder: string): Promise<void>;
}

export interface EventClaim {
  /** Any name that no other node has. */
  readonly holder: string;
  readonly limit: number;
  readonly leaseMs: number;
}
