/** Is an answer the one that the model expects? */
import { holds, type Span } from './moment.ts';
import type { Expected, Facts, ObservedAnswer, ObservedBody, View } from './operations.ts';

export interface Known {
  /** By the server's clock: when the answer may have been made. */
  readonly now: Span;
  /** Answered by the virtual phone's page, which shows less. */
  readonly isPage: boolean;
  /** What the model calls the verification with this id. */
  nameOf(id: string): string | undefined;
}

/** What differs, in a few words; null when nothing does. */
export function difference(
  expected: Expected,
  observed: ObservedAnswer,
  known: Known,
): string | null {
  const { body, shown } = observed;
  if (shown !== undefined) {
    // No vendor says that an answer is a repetition.
    const told = expected.kind === 'replay' ? expected.first : expected;
    const differs = shown.alternatives.map((facts) => factDifference(told, facts, known));
    return differs.includes(null) ? null : `${shown.word}: ${differs.join(', or ')}`;
  }
  switch (expected.kind) {
    case 'clock':
      return unequal('status', observed.status, 200);
    case 'replay':
      // A refusal that a topic's door has kept says nothing of that, nor of the time since.
      if (expected.first.kind === 'problem') {
        return difference({ ...expected.first, until: null }, observed, known);
      }
      if (observed.isReplayed === false) return 'it is not marked as a repetition';
      return difference(expected.first, { ...observed, isReplayed: false }, known);
    case 'verification':
      return (
        unequal('status', observed.status, expected.status) ??
        unequal('replayed', observed.isReplayed === true, false) ??
        unequal('approved', body.approved, undefined) ??
        viewDifference(expected.view, body, known)
      );
    case 'verdict':
      return (
        unequal('status', observed.status, 200) ??
        unequal('replayed', observed.isReplayed === true, false) ??
        unequal('approved', body.approved, expected.reason === null) ??
        unequal('reason', body.reason, expected.reason) ??
        unequal('proof', typeof body.proof === 'string', expected.reason === null) ??
        viewDifference(expected.view, body, known)
      );
    case 'problem':
      if (observed.status !== expected.status) {
        const name = expected.limit ?? expected.code;
        return `status is ${observed.status}, not ${expected.status} for ${name}`;
      }
      return (
        unequal('code', body.code, expected.code) ??
        unequal('limit', body.limit?.name ?? null, expected.limit) ??
        waitDifference(expected.until, observed.retryAfterSeconds, known.now)
      );
    default:
      return expected satisfies never;
  }
}

export function viewDifference(view: View, body: ObservedBody, known: Known): string | null {
  return (
    unequal('verification', known.nameOf(body.id ?? ''), view.verification) ??
    unequal('status', body.status, view.status) ??
    unequal('checksLeft', body.checksLeft, view.checksLeft) ??
    unequal('channel', body.channel, view.channel) ??
    purposeDifference(body.purpose, view.purpose) ??
    unequal('deliveries', body.deliveries?.length, view.deliveries) ??
    timeDifference('expiresAt', body.expiresAt, view.expiresAt) ??
    (known.isPage ? null : restDifference(view, body))
  );
}

/** Only what a vendor's answer says is compared. */
function factDifference(expected: Expected, facts: Facts, known: Known): string | null {
  const outcome = outcomeOf(expected);
  if (!facts.outcomes.includes(outcome)) return `not ${outcome}`;
  if (expected.kind === 'problem') {
    const named = facts.id === undefined ? null : known.nameOf(facts.id);
    return (
      (facts.id === undefined ? null : unequal('verification', named, expected.verification)) ??
      (facts.waitSeconds === undefined
        ? null
        : waitDifference(expected.until, facts.waitSeconds, known.now))
    );
  }
  if (expected.kind !== 'verification' && expected.kind !== 'verdict') return null;
  const { view, isFirstAtEnd } = expected;
  const isSentAgain = view.sendsUsed > 1;
  const has = { ...view, isFirstAtEnd, isSentAgain };
  const names = [
    ...(['recipient', 'status', 'isFirstAtEnd', 'isSentAgain', 'deliveries'] as const),
    ...(['checksMax', 'checksWrong', 'lifetimeSeconds'] as const),
  ];
  const wrong = names.find((name) => facts[name] !== undefined && facts[name] !== has[name]);
  if (wrong !== undefined) return unequal(wrong, facts[wrong], has[wrong]);
  const isOther = facts.id !== undefined && known.nameOf(facts.id) !== view.verification;
  if (isOther) return `verification is ${facts.id}, not ${view.verification}`;
  return (
    secondDifference('createdAt', facts.createdAtMs, view.createdAt) ??
    secondDifference('expiresAt', facts.expiresAtMs, view.expiresAt)
  );
}

/** In one word what the model came to. */
function outcomeOf(expected: Expected): string {
  switch (expected.kind) {
    case 'verification':
      return 'done';
    case 'verdict':
      return expected.reason ?? 'approved';
    case 'problem':
      return expected.limit ?? expected.code;
    default:
      return expected.kind;
  }
}

/** Vendors cut their times to the second. */
function secondDifference(name: string, shownMs: number | undefined, span: Span): string | null {
  if (shownMs === undefined) return null;
  const isRight = shownMs <= span.toMs && shownMs + 999 >= span.fromMs;
  return isRight ? null : `${name} is ${new Date(shownMs).toISOString()}`;
}

/** That of FlowX.AI's clients is as concealed as they are. */
function purposeDifference(shown: string | undefined, expected: string): string | null {
  const isConcealed = expected.startsWith('flowx ') && shown?.startsWith('flowx:') === true;
  return isConcealed ? null : unequal('purpose', shown, expected);
}

function restDifference(view: View, body: ObservedBody): string | null {
  return (
    unequal('sendsLeft', body.sendsLeft, view.sendsLeft) ??
    timeDifference('createdAt', body.createdAt, view.createdAt) ??
    timeDifference('resendAllowedAt', body.resendAllowedAt, view.resendAllowedAt) ??
    timeDifference('finishedAt', body.finishedAt, view.finishedAt)
  );
}

function unequal(name: string, shown: unknown, expected: unknown): string | null {
  return shown === expected ? null : `${name} is ${String(shown)}, not ${String(expected)}`;
}

function timeDifference(
  name: string,
  shown: string | null | undefined,
  expected: Span | null,
): string | null {
  if (expected === null) return unequal(name, shown, null);
  const shownMs = Date.parse(shown ?? '');
  if (holds(expected, shownMs)) return null;
  const span = [expected.fromMs, expected.toMs].map((ms) => new Date(ms).toISOString());
  return `${name} is ${String(shown)}, not within ${span.join(' and ')}`;
}

/** Retry-After says in whole seconds when there is room again: not earlier, nor much later. */
function waitDifference(
  until: Span | null,
  retryAfterSeconds: number | null,
  now: Span,
): string | null {
  if (until === null) return null;
  const least = Math.max(1, Math.ceil((until.fromMs - now.toMs) / 1000));
  const most = Math.max(1, Math.ceil((until.toMs - now.fromMs) / 1000));
  const isRight =
    retryAfterSeconds !== null && retryAfterSeconds >= least && retryAfterSeconds <= most;
  return isRight ? null : `Retry-After is ${retryAfterSeconds}, not within ${least} and ${most}`;
}
