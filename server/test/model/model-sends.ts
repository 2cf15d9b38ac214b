/** The model of what sends: starts and resends. */

import {
  type Circumstances,
  findLive,
  findVerification,
  finish,
  Impossible,
  ledgerOf,
  lifeMaxMs,
  type ModelVerification,
  problem,
  type State,
  sendsOfVerificationMax,
  show,
} from './model.ts';
import { answerOrKeep, findRepeated, keepKey, type Step } from './model-keys.ts';
import {
  digitsForSending,
  digitsOf,
  enterSends,
  exceededBudget,
  exceededSendLimits,
  guessingPause,
  type Limit,
  messageCents,
} from './model-limits.ts';
import { earliest, hasCome, later } from './moment.ts';
import type { ApplicationName, Destination, Expected, Resend, Start } from './operations.ts';

const resendWaitsSeconds = [30, 60, 120, 300] as const;

/** Which of several reasons is named is not promised, so each of them may be. */
function nameOne<Reason>(reasons: readonly Reason[], at: Circumstances): Reason | undefined {
  return reasons.length < 2 ? reasons[0] : reasons[at.choose(reasons.length)];
}

export function start(state: State, operation: Start, at: Circumstances): Step {
  const repeated = findRepeated(state, operation, at);
  if (repeated !== null) return repeated;
  const { application, destinations, customCode } = operation;
  const settings = state.settings[application];
  const live = findLive(state, operation, at);
  if (live !== null && settings.secondStart === 'reuse') {
    return { phase: { at: 'resend', verification: live.name } };
  }
  const ledger = ledgerOf(state, application, operation.ledger);
  const digits = digitsForSending(state, application, ledger, at);
  const refusals: (() => Expected)[] = [];
  if (live !== null && settings.secondStart === 'reject') {
    refusals.push(() => problem(409, 'verification_exists'));
  }
  if (isTooWeak(customCode, digits)) refusals.push(() => problem(422, 'code_invalid'));
  const budget = exceededBudget(state, application, destinations.length, at);
  const limits = [
    ...exceededSendLimits(state, application, destinations, at),
    ...asList(guessingPause(ledger, at)),
    ...asList(budget.limit),
  ];
  for (const limit of limits) {
    refusals.push(() => {
      state.blocked.push({ application, reference: operation.reference, reason: limit.name });
      return refuseFor(limit);
    });
  }
  const refusal = nameOne(refusals, at);
  if (refusal !== undefined) return { answer: refusal() };
  if (live !== null) finish(live, 'canceled', at.now);
  const made = makeVerification(state, operation, at, digits);
  spend(state, application, destinations, { day: budget.day, at });
  keepKey(state, operation, at, { at: 'show', verification: made.name, status: 201 });
  return answerOrKeep(operation, { kind: 'verification', status: 201, view: show(made) });
}

function makeVerification(
  state: State,
  operation: Start,
  at: Circumstances,
  digits: number,
): ModelVerification {
  const { application, recipient, ledger, purpose, destinations, customCode } = operation;
  const settings = state.settings[application];
  const isMailOnly = destinations.every(({ channel }) => channel === 'email');
  const lifetimeSeconds =
    operation.lifetimeSeconds ?? settings.lifetimeSeconds ?? (isMailOnly ? 600 : 300);
  const lifetimeMs = lifetimeSeconds * 1000;
  const lifeEndsAt = later(at.now, Math.max(lifetimeMs, lifeMaxMs));
  const made: ModelVerification = {
    name: chooseName(state, operation.reference, at),
    reference: operation.reference,
    application,
    recipient,
    ledger,
    purpose,
    destinations,
    channel: destinations[0]?.channel ?? 'sms',
    status: 'pending',
    customCode,
    codeVersion: 1,
    codeLength: customCode?.length ?? Math.max(settings.codeLength, digits),
    checksMax: operation.checksMax ?? settings.checksMax,
    checksUsed: 0,
    checksWrong: 0,
    sendsUsed: 1,
    deliveries: destinations.length,
    lifetimeMs,
    createdAt: at.now,
    expiresAt: earliest(later(at.now, lifetimeMs), lifeEndsAt),
    lifeEndsAt,
    resendAllowedAt: later(at.now, resendWaitsSeconds[0] * 1000),
    finishedAt: null,
  };
  state.verifications.push(made);
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

/** A resend by its own call, or as what a second start comes to. */
export function resend(
  state: State,
  operation: Resend | Start,
  at: Circumstances,
  name: string,
): Step {
  const repeated = findRepeated(state, operation, at);
  if (repeated !== null) return repeated;
  const { application } = operation;
  const found = findVerification(state, name, at);
  if (found === null || found.application !== application) {
    return { answer: problem(404, 'verification_not_found') };
  }
  if (found.status !== 'pending') return { answer: problem(409, 'verification_finished') };
  const other = operation.kind === 'resend' ? operation.destination : null;
  const destinations = other === null ? found.destinations : [other];
  const ledger = ledgerOf(state, application, found.ledger);
  const digits = digitsForSending(state, application, ledger, at);
  const budget = exceededBudget(state, application, destinations.length, at);
  const limits = [
    ...exceededOfVerification(found, at),
    ...asList(guessingPause(ledger, at)),
    ...exceededSendLimits(state, application, destinations, at),
    ...asList(budget.limit),
  ];
  const refusals = limits.map(refuseFor);
  if (isTooWeak(found.customCode, digits)) refusals.push(problem(422, 'code_invalid'));
  const refusal = nameOne(refusals, at);
  if (refusal !== undefined) return { answer: refusal };
  sendAgain(state, found, at, { digits, other });
  spend(state, application, destinations, { day: budget.day, at });
  const status = operation.kind === 'start' ? 201 : 200;
  keepKey(state, operation, at, { at: 'show', verification: found.name, status });
  return answerOrKeep(operation, { kind: 'verification', status, view: show(found) });
}

function sendAgain(
  state: State,
  found: ModelVerification,
  at: Circumstances,
  how: { readonly digits: number; readonly other: Destination | null },
): void {
  const settings = state.settings[found.application];
  const isSame =
    found.customCode !== null ||
    (settings.resendCode === 'same' && digitsOf(found, at) >= how.digits);
  if (!isSame) {
    found.codeVersion += 1;
    mustHaveLength(found, Math.max(found.codeLength, how.digits), at);
  }
  const destinations = how.other === null ? found.destinations : [how.other];
  found.channel = destinations[0]?.channel ?? found.channel;
  found.deliveries += destinations.length;
  const wait = resendWaitsSeconds[Math.min(found.sendsUsed, resendWaitsSeconds.length - 1)] ?? 300;
  found.sendsUsed += 1;
  found.expiresAt = earliest(later(at.now, found.lifetimeMs), found.lifeEndsAt);
  found.resendAllowedAt = later(at.now, wait * 1000);
}

function exceededOfVerification(found: ModelVerification, at: Circumstances): Limit[] {
  const exceeded: Limit[] = [];
  if (found.checksUsed >= found.checksMax) {
    exceeded.push({ name: 'verification_checks', until: found.expiresAt });
  }
  if (found.sendsUsed >= sendsOfVerificationMax) {
    exceeded.push({ name: 'verification_sends', until: found.lifeEndsAt });
  } else if (!hasCome(found.resendAllowedAt, at.now, at.choose)) {
    exceeded.push({ name: 'verification_resend_interval', until: found.resendAllowedAt });
  }
  return exceeded;
}

function spend(
  state: State,
  application: ApplicationName,
  destinations: readonly Destination[],
  { day, at }: { readonly day: string; readonly at: Circumstances },
): void {
  enterSends(state, application, destinations, at.now);
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

function asList<Item>(item: Item | null): Item[] {
  return item === null ? [] : [item];
}
