/** The model of what sends: starts and resends. */

import {
  type Circumstances,
  enter,
  findLive,
  findVerification,
  finish,
  Impossible,
  ledgerOf,
  lifeMaxMs,
  type ModelVerification,
  problem,
  type State,
  show,
} from './model.ts';
import { isKnownAt, type Rules, rulesFor } from './model-doors.ts';
import { answerOrKeep, findRepeated, keepKey, refuse, type Step } from './model-keys.ts';
import {
  asList,
  digitsForSending,
  digitsOf,
  enterSends,
  exceededBudget,
  exceededSendLimits,
  exceededStarts,
  guessingPause,
  type Limit,
  messageCents,
} from './model-limits.ts';
import { earliest, hasCome, later } from './moment.ts';
import type { Destination, Expected, RecipientResend, Resend, Start } from './operations.ts';

/** Which of several reasons is named is not promised, so each of them may be. */
function nameOne<Reason>(reasons: readonly Reason[], at: Circumstances): Reason | undefined {
  return reasons.length < 2 ? reasons[0] : reasons[at.choose(reasons.length)];
}

export function start(state: State, operation: Start, at: Circumstances): Step {
  const repeated = findRepeated(state, operation, at);
  if (repeated !== null) return repeated;
  const { application, destinations, customCode } = operation;
  const rules = rulesFor(state, operation);
  const live = findLive(state, operation, at);
  if (live !== null && (rules.secondStart === 'reuse' || rules.secondStart === 'redirect')) {
    return { phase: { at: 'resend', verification: live.name } };
  }
  const ledger = ledgerOf(state, application, operation.ledger);
  const digits = digitsForSending(state, application, ledger, at);
  const refusals: (() => Expected)[] = [];
  if (live !== null && rules.secondStart === 'reject') {
    refusals.push(() => problem(409, 'verification_exists', null, live.name));
  }
  if (isTooWeak(customCode, digits)) refusals.push(() => problem(422, 'code_invalid'));
  const budget = exceededBudget(state, application, destinations.length, at);
  const limits = [
    ...exceededSendLimits(state, { application, rules }, destinations, at),
    ...asList(exceededStarts(state, operation, rules, at)),
    ...asList(guessingPause(ledger, at)),
    ...asList(budget.limit),
  ];
  for (const limit of limits) {
    refusals.push(() => {
      // Few vendors say which limit it was. The record does, and spares the search the others.
      if (!at.isBlocked(operation.reference, limit.name)) throw new Impossible();
      const { reference } = operation;
      const refused = { application, reference, reason: limit.name };
      enter(state.blocked, refused, (one) => `${one.reference} ${one.reason}`);
      return refuseFor(limit);
    });
  }
  const refusal = nameOne(refusals, at);
  if (refusal !== undefined) return refuse(operation, refusal());
  if (live !== null) finish(live, 'canceled', at.now);
  const made = makeVerification(state, operation, at, { digits, rules });
  spend(state, operation, destinations, { day: budget.day, at });
  keepKey(state, operation, at, { at: 'show', verification: made.name, status: 201 });
  return answerOrKeep(operation, done(201, made));
}

function done(status: 200 | 201, verification: ModelVerification): Expected {
  return { kind: 'verification', status, view: show(verification), isFirstAtEnd: false };
}

function makeVerification(
  state: State,
  operation: Start,
  at: Circumstances,
  { digits, rules }: { readonly digits: number; readonly rules: Rules },
): ModelVerification {
  const { application, recipient, ledger, purpose, destinations, customCode } = operation;
  const { client = null } = operation;
  const isMailOnly = destinations.every(({ channel }) => channel === 'email');
  const lifetimeSeconds =
    operation.lifetimeSeconds ?? rules.lifetimeSeconds ?? (isMailOnly ? 600 : 300);
  const lifetimeMs = lifetimeSeconds * 1000;
  const lifeEndsAt = later(at.now, Math.max(lifetimeMs, lifeMaxMs));
  const made: ModelVerification = {
    name: chooseName(state, operation.reference, at),
    reference: operation.reference,
    application,
    door: operation.door,
    client,
    clientStarts: state.verifications.filter((one) => client !== null && one.client === client)
      .length,
    recipient,
    ledger,
    purpose,
    destinations,
    channel: destinations[0]?.channel ?? 'sms',
    status: 'pending',
    customCode,
    codeVersion: 1,
    codeLength: customCode?.length ?? Math.max(operation.codeLength ?? rules.codeLength, digits),
    checksMax: operation.checksMax ?? rules.checksMax,
    checksUsed: 0,
    checksWrong: 0,
    sendsMax: rules.sendsMax,
    sendsUsed: 1,
    deliveries: destinations.length,
    lifetimeMs,
    createdAt: at.now,
    expiresAt: earliest(later(at.now, lifetimeMs), lifeEndsAt),
    lifeEndsAt,
    resendAllowedAt: later(at.now, rules.resendWaitsSeconds[0] * 1000),
    finishedAt: null,
    isLateNoted: false,
  };
  enter(state.verifications, made, ({ name }) => name);
  mustHaveLength(made, made.codeLength, at);
  return made;
}

/**
 * Of several that were started by the same request each has a name. Their ids are made before it is
 * decided which comes first, so the order of the ids says nothing of the order of the starts.
 */
function chooseName(state: State, reference: string, at: Circumstances): string {
  const taken = new Set(state.verifications.map(({ name }) => name));
  const free = at.namesFor(reference).filter((name) => !taken.has(name));
  // One that nobody has seen fits nothing, and says so where it is compared.
  return nameOne(free, at) ?? `${reference}+${taken.size}`;
}

/** By recipient: what is live is looked up first, and may have ended when it is sent again. */
export function resendLive(state: State, operation: RecipientResend, at: Circumstances): Step {
  const live = findLive(state, operation, at);
  return live === null
    ? { answer: problem(404, 'verification_not_found') }
    : { phase: { at: 'resend', verification: live.name } };
}

/** A resend by its own call, or as what a second start comes to. */
export function resend(
  state: State,
  operation: Resend | RecipientResend | Start,
  at: Circumstances,
  name: string,
): Step {
  const repeated = findRepeated(state, operation, at);
  if (repeated !== null) return repeated;
  const { application } = operation;
  const found = findVerification(state, name, at);
  const isMeant = operation.kind !== 'resend' || (found && isKnownAt(operation.door, found));
  if (found === null || found.application !== application || !isMeant) {
    return refuse(operation, problem(404, 'verification_not_found'));
  }
  if (found.status !== 'pending') return refuse(operation, problem(409, 'verification_finished'));
  const rules = rulesFor(state, operation);
  const destinations = whereTo(operation, found, rules);
  const ledger = ledgerOf(state, application, found.ledger);
  const digits = digitsForSending(state, application, ledger, at);
  const budget = exceededBudget(state, application, destinations.length, at);
  const limits = [
    ...exceededOfVerification(found, at),
    ...asList(guessingPause(ledger, at)),
    ...exceededSendLimits(state, { application, rules }, destinations, at),
    ...(operation.kind === 'start' ? asList(exceededStarts(state, operation, rules, at)) : []),
    ...asList(budget.limit),
  ];
  const refusals = limits.map(refuseFor);
  if (isTooWeak(found.customCode, digits)) refusals.push(problem(422, 'code_invalid'));
  const refusal = nameOne(refusals, at);
  if (refusal !== undefined) return refuse(operation, refusal);
  sendAgain(found, at, { digits, destinations, rules });
  spend(state, operation, destinations, { day: budget.day, at });
  const status = operation.kind === 'start' ? 201 : 200;
  keepKey(state, operation, at, { at: 'show', verification: found.name, status });
  return answerOrKeep(operation, done(status, found));
}

/** Where a send goes has no say in where the next one does: that is the first start's. */
function whereTo(
  operation: Resend | RecipientResend | Start,
  found: ModelVerification,
  { secondStart }: Rules,
): readonly Destination[] {
  if (operation.kind === 'start' && secondStart === 'redirect') return operation.destinations;
  const isElsewhere = operation.kind === 'resend' && operation.destination !== null;
  return isElsewhere ? [operation.destination] : found.destinations;
}

function sendAgain(
  found: ModelVerification,
  at: Circumstances,
  how: {
    readonly digits: number;
    readonly destinations: readonly Destination[];
    readonly rules: Rules;
  },
): void {
  const { destinations, rules } = how;
  const isSame =
    found.customCode !== null || (rules.resendCode === 'same' && digitsOf(found, at) >= how.digits);
  if (!isSame) {
    found.codeVersion += 1;
    mustHaveLength(found, Math.max(found.codeLength, how.digits), at);
  }
  found.channel = destinations[0]?.channel ?? found.channel;
  found.deliveries += destinations.length;
  const waits = rules.resendWaitsSeconds;
  const wait = waits[Math.min(found.sendsUsed, waits.length - 1)] ?? 0;
  found.sendsUsed += 1;
  found.expiresAt = earliest(later(at.now, found.lifetimeMs), found.lifeEndsAt);
  found.resendAllowedAt = later(at.now, wait * 1000);
}

function exceededOfVerification(found: ModelVerification, at: Circumstances): Limit[] {
  const exceeded: Limit[] = [];
  if (found.checksUsed >= found.checksMax) {
    exceeded.push({ name: 'verification_checks', until: found.expiresAt });
  }
  if (found.sendsUsed >= found.sendsMax) {
    exceeded.push({ name: 'verification_sends', until: found.lifeEndsAt });
  } else if (!hasCome(found.resendAllowedAt, at.now, at.choose)) {
    exceeded.push({ name: 'verification_resend_interval', until: found.resendAllowedAt });
  }
  return exceeded;
}

function spend(
  state: State,
  operation: Resend | RecipientResend | Start,
  destinations: readonly Destination[],
  { day, at }: { readonly day: string; readonly at: Circumstances },
): void {
  const { application } = operation;
  enterSends(state, application, destinations, at.now);
  const isCounted = rulesFor(state, operation).startsHourMax !== null;
  if (operation.kind === 'start' && isCounted) {
    ledgerOf(state, application, operation.ledger).starts.push(at.now);
  }
  if (state.settings[application].dailyBudgetCents === null) return;
  state.spentCents[day] = (state.spentCents[day] ?? 0) + destinations.length * messageCents;
}

/** Ten letters and digits are worth more than ten digits; shorter ones are digits only here. */
function isTooWeak(customCode: string | null, digits: number): boolean {
  return customCode !== null && customCode.length < digits;
}

/** The code as the phone showed it has the length that settings and failures ask for. */
function mustHaveLength(
  { name, codeVersion }: ModelVerification,
  asked: number,
  at: Circumstances,
): void {
  const length = at.codeOf(name, codeVersion)?.length;
  if (length === undefined || length === asked) return;
  // Guesses under way at the same time may ask for more while they are not settled.
  if (at.isConcurrent && length > asked) return;
  throw new Impossible();
}

function refuseFor(limit: Limit): Expected {
  const code = limit.name.includes('budget_day') ? 'budget_exhausted' : 'limit_reached';
  return problem(429, code, limit);
}
