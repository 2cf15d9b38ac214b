/**
 * What must hold after any faults, judged from outside: by what clients were told, by what came out
 * at the gateway, and by what storage has in the end. Each rule answers one sentence for each time
 * that it was broken.
 */
import { attemptsMax } from '#domain/delivery.ts';
import type { DeliveryRecord, VerificationWithDeliveries } from '#service/records.ts';
import { type GatewayMessage, isAccepted, mayBeTaken } from './gateway.ts';
import {
  answerOf,
  isAcknowledged,
  isDefinite,
  isOwedAnAnswer,
  type Operation,
  referenceOf,
  verificationOf,
} from './history.ts';

export interface Evidence {
  readonly operations: readonly Operation[];
  readonly messages: readonly GatewayMessage[];
  /** Everything that storage has. */
  readonly records: readonly VerificationWithDeliveries[];
  /** What the API says of each acknowledged verification in the end: its status. */
  readonly readings: ReadonlyMap<string, string>;
  readonly isRefusalExact: boolean;
  /** By how much time was moved forward at most, by clocks that were stepped or advanced. */
  readonly movedForwardMs: number;
}

type Rule = (evidence: Evidence) => readonly string[];

export const rules = {
  'nothing acknowledged is lost': findLost,
  'no status falls behind what was told': findFallenBehind,
  'a code approves once': findSecondApprovals,
  'no approval without a guess at a code that was sent': findUnearnedApprovals,
  'no more guesses are spent than were made or allowed': findWrongCounts,
  'one key has one effect and one answer': findUnequalAnswers,
  'no message goes out without a record': findUnrecordedMessages,
  'messages keep to the retry rule': findUnruledMessages,
  'what is sent was taken by a provider': findUntakenMessages,
  'nothing stays undecided': findUndecided,
  'no time passes that did not': findEarlyExpiry,
  'a refusal of storage leaves nothing behind': findHalfWritten,
  'only faults answer 5xx, and only with 503': findUnexpectedAnswers,
} satisfies Record<string, Rule>;

export type RuleName = keyof typeof rules;

/** `rule: what was found`, for everything that is wrong. */
export function findViolations(evidence: Evidence): readonly string[] {
  return Object.entries(rules).flatMap(([name, rule]: [string, Rule]) =>
    rule(evidence).map((found) => `${name}: ${found}`),
  );
}

function findLost({ operations, records, readings }: Evidence): readonly string[] {
  const kept = new Set(records.map(({ verification }) => verification.id));
  return acknowledged(operations, 'start')
    .map(({ id }) => id)
    .filter((id) => !kept.has(id) || !readings.has(id));
}

/** Final states stick, and guesses and sends that were told to be spent stay spent. */
function findFallenBehind({ operations, records, readings }: Evidence): readonly string[] {
  const byId = recordsById(records);
  return operations.flatMap((operation) => {
    const answer = answerOf(operation);
    const id = verificationOf(operation);
    if (answer === undefined || id === null || !isAcknowledged(operation)) return [];
    const { status, checksLeft = 0, sendsLeft = 0 } = answer.body;
    const told = `operation ${operation.number} on ${id} was told ${status}`;
    const now = readings.get(id);
    if (status !== 'pending') return now === status ? [] : [`${told}, and it is ${now}`];
    const record = byId.get(id)?.verification;
    if (record === undefined || now !== 'pending') return [];
    const checksNow = record.checksMax - record.checksUsed;
    const sendsNow = record.sendsMax - record.sendsUsed;
    return [
      ...(checksNow > checksLeft ? [`${told} with ${checksLeft} checks, it has ${checksNow}`] : []),
      ...(sendsNow > sendsLeft ? [`${told} with ${sendsLeft} sends, it has ${sendsNow}`] : []),
    ];
  });
}

function findSecondApprovals({ operations, records }: Evidence): readonly string[] {
  const approvals = Map.groupBy(
    operations.filter((operation) => answerOf(operation)?.body.approved === true),
    (operation) => operation.verificationId,
  );
  const told = [...approvals].filter(([, by]) => by.length > 1).map(([id]) => `${id} was twice`);
  const written = records
    .filter(({ verification }) => countOf(verification.history, 'approved') > 1)
    .map(({ verification }) => `${verification.id} has two in its history`);
  return [...told, ...written];
}

function findUnearnedApprovals({ operations, messages, records }: Evidence): readonly string[] {
  return records
    .filter(({ verification }) => verification.status === 'approved')
    .flatMap(({ verification: { id, checksUsed } }) => {
      const codes = new Set(of(messages, id).map(({ code }) => code));
      const guesses = checksOf(operations, id);
      const isRight = guesses.some(({ body }) => codes.has(String(body['code'])));
      return [
        ...(checksUsed >= 1 ? [] : [`${id} has no guess spent`]),
        ...(isRight ? [] : [`nobody sent a code of ${id}`]),
      ];
    });
}

function findWrongCounts({ operations, records }: Evidence): readonly string[] {
  return records.flatMap(({ verification: record }) => {
    const guesses = checksOf(operations, record.id);
    const told = guesses.map((operation) => answerOf(operation)?.body.reason);
    const wrong = told.filter((reason) => reason === 'wrong_code').length;
    const { id, checksUsed, checksMax, checksWrong } = record;
    const sends = operations.filter(
      ({ kind, verificationId }) => kind === 'resend' && verificationId === id,
    ).length;
    return [
      ...(checksUsed > checksMax ? [`${id} spent ${checksUsed} of ${checksMax}`] : []),
      ...(checksUsed > guesses.length ? [`${id} spent ${checksUsed} of ${guesses.length}`] : []),
      ...(checksWrong > checksUsed ? [`${id} has more wrong guesses than guesses`] : []),
      ...(wrong > checksWrong ? [`${id} told ${wrong} wrong guesses, has ${checksWrong}`] : []),
      ...(record.sendsUsed > 1 + sends ? [`${id} was sent more often than asked`] : []),
    ];
  });
}

function findUnequalAnswers({ operations, records }: Evidence): readonly string[] {
  const started = Map.groupBy(records, ({ verification }) => verification.reference);
  return operations.flatMap((operation) => {
    const name = `operation ${operation.number}`;
    const made = operation.kind === 'start' ? started.get(referenceOf(operation)) : [];
    const effects = made !== undefined && made.length > 1 ? [`${name} started twice`] : [];
    if (isOwedAnAnswer(operation)) return [...effects, `${name} was never answered`];
    if (!isAcknowledged(operation)) return effects;
    const answers = operation.attempts.filter(isDefinite);
    const texts = new Set(answers.map(({ text }) => text));
    // Of two at once the replay may be told first.
    const isFreshAgain = answers.filter(({ isReplay }) => !isReplay).length > 1;
    return [
      ...effects,
      ...(texts.size > 1 ? [`${name} was answered ${[...texts].join(' and ')}`] : []),
      ...(isFreshAgain ? [`${name} was done again`] : []),
    ];
  });
}

function findUnrecordedMessages({ messages, records }: Evidence): readonly string[] {
  const known = deliveriesById(records);
  return messages
    .filter((message) => known.get(message.deliveryId)?.verificationId !== message.verificationId)
    .map(({ deliveryId, verificationId }) => `${deliveryId} of ${verificationId}`);
}

/**
 * A phone may get a message twice where nobody could know whether it got it, and then the delivery
 * says so; what was certainly not taken is tried again a bounded number of times.
 */
function findUnruledMessages({ messages, records }: Evidence): readonly string[] {
  const known = deliveriesById(records);
  return [...Map.groupBy(messages, ({ deliveryId }) => deliveryId)].flatMap(([id, all]) => {
    const taken = all.filter(mayBeTaken).length;
    const isMarked = known.get(id)?.isPossibleDuplicate === true;
    const codes = new Set(all.map(({ code }) => code));
    return [
      ...(taken > 2 ? [`${id} may have been taken ${taken} times`] : []),
      ...(taken === 2 && !isMarked ? [`${id} was sent twice and is not marked`] : []),
      ...(all.length > attemptsMax + 1 ? [`${id} was handed over ${all.length} times`] : []),
      ...(codes.size > 1 ? [`${id} carried different codes`] : []),
    ];
  });
}

function findUntakenMessages({ messages, records }: Evidence): readonly string[] {
  const accepted = new Set(messages.filter(isAccepted).map(({ deliveryId }) => deliveryId));
  return deliveriesOf(records)
    .filter(({ id, status }) => status === 'sent' && !accepted.has(id))
    .map(({ id, provider }) => `${id} by ${provider}`);
}

function findUndecided({ records }: Evidence): readonly string[] {
  return deliveriesOf(records)
    .filter(({ status }) => status === 'queued')
    .map(({ id, error }) => `${id}: ${error}`);
}

function findEarlyExpiry({ records, readings, movedForwardMs }: Evidence): readonly string[] {
  return records
    .filter(({ verification }) => readings.get(verification.id) === 'expired')
    .filter(({ verification }) => verification.lifetimeMs > movedForwardMs + runLongestMs)
    .map(({ verification }) => verification.id);
}

/** No run takes so long by itself. */
const runLongestMs = 60_000;

function findHalfWritten({ operations, records, isRefusalExact }: Evidence): readonly string[] {
  if (!isRefusalExact) return [];
  const started = new Set(records.map(({ verification }) => verification.reference));
  return operations
    .filter(({ kind, key, attempts }) => kind === 'start' && key === null && is503(attempts))
    .map(referenceOf)
    .filter((reference) => started.has(reference));
}

function is503(attempts: Operation['attempts']): boolean {
  return attempts.every(({ status }) => status === 503);
}

const expected: Record<Operation['kind'], readonly number[]> = {
  start: [201],
  check: [200],
  resend: [200, 409, 429],
  cancel: [200, 409],
};

function findUnexpectedAnswers({ operations }: Evidence): readonly string[] {
  return operations.flatMap(({ number, kind, attempts }) =>
    attempts
      .filter(({ status, body }) => {
        if (status === null || status === 503) return false;
        if (body.code === 'idempotency_key_in_use') return status !== 409;
        return !expected[kind].includes(status);
      })
      .map(({ status, text }) => `${kind} ${number} was answered ${status}: ${text}`),
  );
}

function acknowledged(operations: readonly Operation[], kind: Operation['kind']) {
  return operations
    .filter((operation) => operation.kind === kind && isAcknowledged(operation))
    .map((operation) => ({ operation, id: verificationOf(operation) ?? '' }));
}

function recordsById(records: readonly VerificationWithDeliveries[]) {
  return new Map(records.map((record) => [record.verification.id, record]));
}

function deliveriesOf(records: readonly VerificationWithDeliveries[]): DeliveryRecord[] {
  return records.flatMap(({ deliveries }) => deliveries);
}

function deliveriesById(records: readonly VerificationWithDeliveries[]) {
  return new Map(deliveriesOf(records).map((delivery) => [delivery.id, delivery]));
}

function of(messages: readonly GatewayMessage[], verificationId: string) {
  return messages.filter((message) => message.verificationId === verificationId);
}

function checksOf(operations: readonly Operation[], id: string): readonly Operation[] {
  return operations.filter(({ kind, verificationId }) => kind === 'check' && verificationId === id);
}

function countOf(history: readonly { event: string }[], event: string): number {
  return history.filter((entry) => entry.event === event).length;
}
