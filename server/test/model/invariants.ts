/**
 * The invariants of product.md as anybody could check them who sees only what clients send and are
 * answered, what the phone receives and what is listed. No model takes part: what holds here holds
 * whatever the model thinks. Crashes may deliver a message twice, never more.
 */
import assert from 'node:assert/strict';
import { finalStatuses } from './model.ts';
import type {
  Call,
  Check,
  ClientCheck,
  DoorName,
  ObservedAnswer,
  ObservedBody,
  ObservedMessage,
  RecipientCheck,
} from './operations.ts';

export interface Trace {
  readonly calls: readonly Call[];
  readonly messages: readonly ObservedMessage[];
  /** Every code that was sent or given so far. */
  readonly codes: ReadonlySet<string>;
  idOf(verification: string): string;
  /** The verifications that were started through a door, by their ids. */
  idsAt(door: DoorName): readonly string[];
  nameOf(id: string): string | undefined;
  /** The codes of each verification, by id, the oldest first. */
  codesOf(id: string): readonly string[];
  /** Whose guess budget a verification draws on. */
  personOf(id: string): string;
  /** The largest limits that were set at any time. */
  readonly hourMax: number;
  readonly dayMax: number;
  /** The largest budget while one was set all the time; null otherwise. */
  readonly budgetCents: number | null;
  readonly hasCrashed: boolean;
  /** The clock was moved while other calls were under way. */
  readonly isTimeBlurred: boolean;
}

/** I1, I2, I3, I4 and I9: what checks and repeated requests were answered. */
export function assertAnswers(trace: Trace): void {
  const compared = new Map<string, number>();
  const weakFailures = new Map<string, number>();
  const approved = new Set<string>();
  assertRepetitions(trace);
  for (const { operation, answer } of trace.calls) {
    if (answer === null || operation.kind === 'advance-clock') continue;
    if (operation.key !== null && answer.isReplayed !== false) continue;
    if (!('code' in operation)) continue;
    const verdict = verdictOf(operation, answer, trace);
    if (verdict === null) continue;
    const { id, isApproved } = verdict;
    compared.set(id, (compared.get(id) ?? 0) + 1);
    if (isApproved) {
      assert.ok(trace.codesOf(id).includes(operation.code), 'I1: approved by a code never sent');
      assert.ok(!approved.has(id), 'I2: approved twice');
      approved.add(id);
      continue;
    }
    if (trace.codesOf(id).every((code) => code.length < 8)) {
      const person = trace.personOf(id);
      weakFailures.set(person, (weakFailures.get(person) ?? 0) + 1);
    }
  }
  for (const count of compared.values()) assert.ok(count <= 10, 'I3: more than any checksMax');
  if (isWithinOneDay(trace)) {
    for (const count of weakFailures.values())
      assert.ok(count <= 10, 'I4: six digits, ten guesses');
  }
}

/**
 * Which verification a guess was compared with; null where none was, or the answer does not tell.
 * Some vendors name neither it nor the reason: what they say is for the model alone.
 */
function verdictOf(
  operation: Check | RecipientCheck | ClientCheck,
  { body, shown }: ObservedAnswer,
  trace: Pick<Trace, 'idOf' | 'idsAt' | 'nameOf' | 'codesOf'>,
): { readonly id: string; readonly isApproved: boolean } | null {
  if (shown === undefined) {
    const isApproved = body.approved === true;
    return isApproved || body.reason === 'wrong_code' ? { id: body.id ?? '', isApproved } : null;
  }
  const [facts, ...others] = shown.alternatives;
  const [outcome, ...more] = facts?.outcomes ?? [];
  if (others.length > 0 || more.length > 0) return null;
  if (outcome !== 'approved' && outcome !== 'wrong_code') return null;
  if (operation.kind === 'client-check') return approvalOf(operation, trace);
  const named = trace.nameOf(facts?.id ?? '');
  const name = operation.kind === 'check' ? operation.verification : named;
  return name === undefined ? null : { id: trace.idOf(name), isApproved: outcome === 'approved' };
}

/** FlowX.AI's answer names nothing: meant is the one that had this code, where it is one. */
function approvalOf(
  { door, code }: ClientCheck,
  { idsAt, codesOf }: Pick<Trace, 'idsAt' | 'codesOf'>,
): { readonly id: string; readonly isApproved: boolean } | null {
  const [id = '', ...others] = idsAt(door).filter((one) => codesOf(one).includes(code));
  return others.length > 0 ? null : { id, isApproved: true };
}

/**
 * I9. A key is forgotten after a day, and its request is done anew then. Where the clock was moved
 * beside the calls, the order in which they were made does not tell which of two answers under one
 * key a repetition had to give: the model knows that, and here it must be one of the two.
 */
function assertRepetitions({ calls, isTimeBlurred }: Pick<Trace, 'calls' | 'isTimeBlurred'>): void {
  const made = new Map<string, string[]>();
  const repeated: { name: string; text: string }[] = [];
  for (const { operation, answer } of calls) {
    if (answer === null || operation.kind === 'advance-clock') continue;
    if (operation.key === null || answer.status >= 300) continue;
    const name = `${operation.application} ${operation.kind} ${operation.key}`;
    const texts = made.get(name) ?? [];
    made.set(name, texts);
    // A reply on a topic does not say that it is a repetition, and is written otherwise.
    if (answer.isReplayed === null) texts.length = 0;
    else if (!answer.isReplayed) texts.push(answer.text);
    else if (isTimeBlurred) repeated.push({ name, text: answer.text });
    else if (texts.length > 0) assert.equal(answer.text, texts.at(-1), 'I9');
  }
  for (const { name, text } of repeated) {
    const texts = made.get(name) ?? [];
    if (texts.length > 0) assert.ok(texts.includes(text), `I9: ${text} was not answered before`);
  }
}

function isWithinOneDay({ calls }: Trace): boolean {
  let seconds = 0;
  for (const { operation } of calls) {
    if (operation.kind === 'advance-clock') seconds += operation.seconds;
  }
  return seconds < 80_000;
}

/** I5 and I8: what the phone received. Messages lag a little behind what was counted. */
export function assertMessages(trace: Trace): void {
  const { messages, hourMax, dayMax, budgetCents } = trace;
  // After a crash a message may come twice, and the time of a message is that of its arrival: where
  // that is not the time at which it was counted, the model alone is exact.
  if (trace.hasCrashed || trace.isTimeBlurred) return;
  // At Capillary's door an hour has no bound but that of the day.
  const isUnbounded = trace.calls.some(
    ({ operation }) => operation.kind !== 'advance-clock' && operation.door === 'capillary',
  );
  const byRecipient = Map.groupBy(messages, ({ recipient }) => recipient);
  for (const received of byRecipient.values()) {
    const times = received.map(({ at }) => Date.parse(at)).sort((one, other) => one - other);
    const most = isUnbounded ? dayMax : hourMax;
    assert.ok(mostWithin(times, 3_590_000) <= most, 'I5: messages in an hour');
    assert.ok(mostWithin(times, 86_390_000) <= dayMax, 'I5: messages in a day');
  }
  if (budgetCents === null) return;
  const byDay = Map.groupBy(messages, ({ at }) => at.slice(0, 10));
  for (const sent of byDay.values()) assert.ok(sent.length * 5 <= budgetCents, 'I8: spending');
}

function mostWithin(times: readonly number[], windowMs: number): number {
  let most = 0;
  let first = 0;
  for (const [last, time] of times.entries()) {
    while (time - (times[first] ?? time) >= windowMs) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

/** I7: a code stands in messages alone. `text` is any answer that is not a list of messages. */
export function assertNoCode(text: string, codes: ReadonlySet<string>): void {
  for (const code of codes) {
    // Four digits are a year, or the end of a number, often enough.
    if (code.length < 6 || !text.includes(code)) continue;
    const alone = new RegExp(`(?<![0-9A-Za-z])${code}(?![0-9A-Za-z])`);
    assert.ok(!alone.test(text), `I7: a code stands in: ${text}`);
  }
}

const deliveryRanks: Readonly<Record<string, number>> = {
  queued: 0,
  sent: 1,
  failed: 2,
  undelivered: 2,
  delivered: 2,
  read: 3,
};

/** I3 and I6: what is listed, against what was listed before. */
export function assertForward(before: readonly ObservedBody[], now: readonly ObservedBody[]): void {
  const byId = new Map(now.map((item) => [item.id, item]));
  for (const old of before) {
    const fresh = byId.get(old.id);
    assert.ok(fresh !== undefined, `${old.id} is gone`);
    if (finalStatuses.has(String(old.status))) {
      assert.equal(fresh.status, old.status, 'I6: a final status changed');
      assert.equal(fresh.finishedAt, old.finishedAt, 'I6: a finished one finished again');
    }
    assert.ok((fresh.checksLeft ?? 0) <= (old.checksLeft ?? 0), 'I3: guesses came back');
    assert.ok((fresh.sendsLeft ?? 0) <= (old.sendsLeft ?? 0), 'I5: sends came back');
    const deliveries = new Map(fresh.deliveries?.map((delivery) => [delivery.id, delivery]));
    for (const { id, status } of old.deliveries ?? []) {
      const rank = deliveryRanks[deliveries.get(id)?.status ?? ''] ?? -1;
      assert.ok(rank >= (deliveryRanks[status] ?? 0), 'I6: a delivery went back');
    }
  }
}
