/** What the clients of a run did and were told: all that an outsider knows of the server. */

export type OperationKind = 'start' | 'check' | 'resend' | 'cancel';

/** One request as it went over the wire. */
export interface Attempt {
  /** Of the node that was asked. */
  readonly node: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** Null: no answer came, so nobody knows what the request did. */
  readonly status: number | null;
  readonly isReplay: boolean;
  readonly text: string;
  readonly body: AnswerBody;
}

/** The parts of an answer that a run looks at. */
export interface AnswerBody {
  readonly id?: string;
  readonly status?: unknown;
  readonly code?: string;
  readonly approved?: boolean;
  readonly reason?: string | null;
  readonly checksLeft?: number;
  readonly sendsLeft?: number;
}

/** One thing that a client wanted; under an idempotency key it is asked for until answered. */
export interface Operation {
  readonly number: number;
  readonly kind: OperationKind;
  /** Null: asked for once, whatever comes of it. */
  readonly key: string | null;
  /** Null for a start, whose answer has it. */
  readonly verificationId: string | null;
  readonly body: Readonly<Record<string, unknown>>;
  readonly attempts: Attempt[];
}

/** What a start is found again by, in storage. */
export function referenceOf({ number }: Pick<Operation, 'number'>): string {
  return `operation-${number}`;
}

/** An answer that will not change: not a fault's, and not `in use`, which asks to come again. */
export function isDefinite({ status, body }: Attempt): boolean {
  return status !== null && status < 500 && body.code !== 'idempotency_key_in_use';
}

/** The first answer that says what the operation came to; undefined while nobody knows. */
export function answerOf(operation: Operation): Attempt | undefined {
  return operation.attempts.find(isDefinite);
}

export function isAcknowledged(operation: Operation): boolean {
  const status = answerOf(operation)?.status ?? 0;
  return status >= 200 && status < 300;
}

/** Under a key, and not known to have come to anything yet. */
export function isOwedAnAnswer(operation: Operation): boolean {
  return operation.key !== null && answerOf(operation) === undefined;
}

/** The verification that an operation was about, as far as it is known. */
export function verificationOf(operation: Operation): string | null {
  return operation.verificationId ?? answerOf(operation)?.body.id ?? null;
}
