/**
 * The model: what product.md and the reference say a server remembers, in the plainest words. It
 * shares nothing with the server's own rules; where the two differ, one of them is wrong.
 *
 * A state is a value: rules work on a copy, so that many possible pasts can be followed at once.
 */
import { type Choose, exactly, hasCome, type Span } from './moment.ts';
import type {
  ApplicationName,
  Channel,
  Destination,
  DoorName,
  Expected,
  Status,
  View,
} from './operations.ts';

export interface Settings {
  checksMax: number;
  secondStart: 'supersede' | 'reuse' | 'reject';
  resendCode: 'new' | 'same';
  lifetimeSeconds: number | null;
  codeLength: number;
  recipientSendIntervalSeconds: number;
  recipientSendsHourMax: number;
  recipientSendsDayMax: number;
  /** In cents; null sets no bound. */
  dailyBudgetCents: number | null;
  /** Generates of a recipient in an hour, at Capillary's door. */
  capillaryStartsHourMax: number;
  /** Validates of a recipient in a quarter of an hour, there; 0 sets no bound. */
  capillaryChecksMax: number;
  pegaChecksMax: number;
  pegaLifetimeSeconds: number | null;
  /** Of FlowX.AI's codes: its door is told that at the start of a server. */
  flowxCodeLength: number;
}

/** The defaults of docs/reference/limits.md, docs/reference/compat and product.md. */
export const defaultSettings: Settings = {
  checksMax: 5,
  secondStart: 'supersede',
  resendCode: 'new',
  lifetimeSeconds: null,
  codeLength: 6,
  recipientSendIntervalSeconds: 30,
  recipientSendsHourMax: 5,
  recipientSendsDayMax: 10,
  dailyBudgetCents: null,
  capillaryStartsHourMax: 1_000,
  capillaryChecksMax: 0,
  pegaChecksMax: 3,
  pegaLifetimeSeconds: null,
  flowxCodeLength: 4,
};

export interface ModelVerification {
  /** Its start's reference, and a number when the same start was made again. */
  name: string;
  reference: string;
  application: ApplicationName;
  /** Through which it began. */
  door: DoorName;
  /** Null where its door has no such thing; how many were started for it before. */
  client: string | null;
  clientStarts: number;
  recipient: string;
  ledger: string;
  purpose: string;
  destinations: readonly Destination[];
  channel: Channel;
  status: Status;
  customCode: string | null;
  /** Grows with each new code; the code itself is what the phone received. */
  codeVersion: number;
  /** How many symbols the first code was asked to have. */
  codeLength: number;
  checksMax: number;
  /** Guesses taken in, compared or not. */
  checksUsed: number;
  /** Guesses compared and found wrong. */
  checksWrong: number;
  sendsMax: number;
  sendsUsed: number;
  deliveries: number;
  lifetimeMs: number;
  createdAt: Span;
  expiresAt: Span;
  lifeEndsAt: Span;
  resendAllowedAt: Span;
  finishedAt: Span | null;
  /** A check came after the end of time. The first one is told so by some doors. */
  isLateNoted: boolean;
}

/** What counts against one person of one application. */
export interface Ledger {
  sends: Span[];
  /** Starts and checks are counted only where a door limits them. */
  starts: Span[];
  checks: Span[];
  failures: Span[];
  failuresSinceSuccess: number;
}

/** Where an operation stands between its steps; `called` is before the first. */
export type Phase =
  | { readonly at: 'called' }
  | { readonly at: 'resend'; readonly verification: string }
  | { readonly at: 'consume'; readonly verification: string | null }
  | {
      readonly at: 'compare';
      readonly verification: string;
      /** Null when a repeated request finishes what a dead node began. */
      readonly codeVersion: number | null;
      readonly chargedAt: Span | null;
    }
  | { readonly at: 'show'; readonly verification: string; readonly status: 200 | 201 }
  | { readonly at: 'show-verdict'; readonly verification: string; readonly answer: Expected }
  | { readonly at: 'keep'; readonly answer: Expected };

/** What an Idempotency-Key stands for. */
export interface KeptKey {
  /** Everything of the request but its key. */
  body: string;
  /** The number of the call that has the key in its hands. */
  owner: number;
  madeAt: Span;
  takenAt: Span;
  /** Null until the answer is kept. */
  answer: Expected | null;
  /** Where a repeated request goes on when the owner is dead. */
  resumeAt: Phase;
}

export interface Blocked {
  readonly application: ApplicationName;
  readonly reference: string;
  readonly reason: string;
}

export interface State {
  /** How far the server's clock is ahead of the machine's. */
  offsetMs: number;
  settings: Record<ApplicationName, Settings>;
  verifications: ModelVerification[];
  blocked: Blocked[];
  ledgers: Record<string, Ledger>;
  keys: Record<string, KeptKey>;
  /** Spending in cents by UTC day. */
  spentCents: Record<string, number>;
  /** Guesses settled at an application, for the alarm against spraying. */
  settled: Record<ApplicationName, { readonly at: Span; readonly isRight: boolean }[]>;
}

export function emptyState(offsetMs: number): State {
  return {
    offsetMs,
    settings: { own: { ...defaultSettings }, other: { ...defaultSettings } },
    verifications: [],
    blocked: [],
    ledgers: {},
    keys: {},
    spentCents: {},
    settled: { own: [], other: [] },
  };
}

/** What rules may change is copied, everything else is shared. */
export function copyOf(state: State): State {
  const copies = <Item extends object>(items: Record<string, Item>, copy: (item: Item) => Item) =>
    Object.fromEntries(Object.entries(items).map(([name, item]) => [name, copy(item)]));
  return {
    ...state,
    verifications: state.verifications.map((verification) => ({ ...verification })),
    blocked: [...state.blocked],
    ledgers: copies(state.ledgers, (ledger) => ({
      ...ledger,
      sends: [...ledger.sends],
      starts: [...ledger.starts],
      checks: [...ledger.checks],
      failures: [...ledger.failures],
    })),
    keys: copies(state.keys, (key) => ({ ...key })),
    spentCents: { ...state.spentCents },
    settled: { own: [...state.settled.own], other: [...state.settled.other] },
  };
}

/** What a step of a rule is given beside the state and the operation. */
export interface Circumstances {
  /** By the server's clock. */
  readonly now: Span;
  readonly choose: Choose;
  /** The number of the call under way. */
  readonly call: number;
  /** Several calls are under way at once. */
  readonly isConcurrent: boolean;
  /**
   * A message may have been lost with its node, and given up because its code was worthless by
   * then. That gives its price back.
   */
  readonly mayGiveBack: boolean;
  /** Undefined while nobody has seen it. */
  codeOf(verification: string, codeVersion: number): string | undefined;
  /** The names that what the call starts may bear: one where it was answered with an id. */
  namesFor(reference: string): readonly string[];
  /** Whether a start with this reference is listed as refused for this. */
  isBlocked(reference: string, reason: string): boolean;
  /** Whether a call of the same batch has not come to its end. */
  isUnderWay(call: number): boolean;
}

/** The branch that a rule followed cannot be what happened. */
export class Impossible extends Error {
  override readonly name = 'Impossible';
}

export const finalStatuses: ReadonlySet<string> = new Set([
  'approved',
  'failed',
  'expired',
  'canceled',
  'blocked',
]);

/** The verification as it is now: one whose time is over is expired, written down or not. */
export function findVerification(
  state: State,
  name: string | null,
  { now, choose }: Circumstances,
): ModelVerification | null {
  const found = state.verifications.find((verification) => verification.name === name);
  if (found === undefined) return null;
  if (found.status === 'pending' && hasCome(found.expiresAt, now, choose)) {
    found.status = 'expired';
    found.finishedAt = found.expiresAt;
  }
  return found;
}

/** The one that a check by recipient, or a second start, meets. */
export function findLive(
  state: State,
  of: { application: ApplicationName; recipient: string; purpose: string },
  circumstances: Circumstances,
): ModelVerification | null {
  const candidates = state.verifications.filter(
    (one) =>
      one.status === 'pending' &&
      one.application === of.application &&
      one.recipient === of.recipient &&
      one.purpose === of.purpose,
  );
  if (candidates.length > 1) throw new Error('The model has two live verifications.');
  const found = findVerification(state, candidates[0]?.name ?? null, circumstances);
  return found?.status === 'pending' ? found : null;
}

export function finish(verification: ModelVerification, status: Status, now: Span): void {
  verification.status = status;
  verification.finishedAt = now;
}

export function ledgerOf(state: State, application: ApplicationName, ledger: string): Ledger {
  const name = `${application} ${ledger}`;
  const found = state.ledgers[name];
  if (found !== undefined) return found;
  const made: Ledger = { sends: [], starts: [], checks: [], failures: [], failuresSinceSuccess: 0 };
  state.ledgers = inOrder({ ...state.ledgers, [name]: made });
  return made;
}

/**
 * States that differ in the order of such entries alone are one state: what came first of calls
 * that were under way at once says nothing more of what may come next.
 */
export function inOrder<Value>(record: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}

/** Likewise for a list, by a name or a number of each item. */
export function enter<Item>(
  items: Item[],
  item: Item,
  orderOf: (item: Item) => string | number,
): void {
  const order = orderOf(item);
  const place = items.findIndex((other) => orderOf(other) > order);
  items.splice(place < 0 ? items.length : place, 0, item);
}

export function show(verification: ModelVerification): View {
  const isPending = verification.status === 'pending';
  const sendsLeft = isPending ? verification.sendsMax - verification.sendsUsed : 0;
  return {
    verification: verification.name,
    recipient: verification.recipient,
    status: verification.status,
    checksMax: verification.checksMax,
    checksWrong: verification.checksWrong,
    checksLeft: isPending ? verification.checksMax - verification.checksUsed : 0,
    sendsUsed: verification.sendsUsed,
    sendsLeft,
    lifetimeSeconds: verification.lifetimeMs / 1000,
    channel: verification.channel,
    purpose: verification.purpose,
    createdAt: verification.createdAt,
    expiresAt: verification.expiresAt,
    resendAllowedAt: sendsLeft > 0 ? verification.resendAllowedAt : null,
    finishedAt: verification.finishedAt,
    deliveries: verification.deliveries,
  };
}

export function problem(
  status: number,
  code: string,
  limit: { readonly name: string; readonly until: Span } | null = null,
  verification: string | null = null,
): Expected {
  const { name = null, until = null } = limit ?? {};
  return { kind: 'problem', status, code, limit: name, until, verification };
}

/** Replaces what was known of the times by what was shown of them. */
export function tighten(
  verification: ModelVerification,
  shown: { createdAtMs: number; expiresAtMs: number; resendAllowedAtMs: number | null },
): void {
  verification.createdAt = exactly(shown.createdAtMs);
  verification.expiresAt = exactly(shown.expiresAtMs);
  const lifeMs = Math.max(verification.lifetimeMs, lifeMaxMs);
  verification.lifeEndsAt = exactly(shown.createdAtMs + lifeMs);
  if (shown.resendAllowedAtMs !== null) {
    verification.resendAllowedAt = exactly(shown.resendAllowedAtMs);
  }
}

/** Ten minutes from the first send, unless the code itself was allowed to live longer. */
export const lifeMaxMs = 600_000;
