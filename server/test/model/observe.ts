/** Compares what the server shows with every state that it may be in, and keeps those that fit. */
import { referenceOf } from './code-book.ts';
import type { Explanation } from './history-checker.ts';
import { viewDifference } from './matching.ts';
import { copyOf, findVerification, type State, show, tighten } from './model.ts';
import { everyBranch, later, type Span } from './moment.ts';
import type { ApplicationName, ObservedBody } from './operations.ts';

export interface Shown {
  readonly lists: Readonly<Record<ApplicationName, readonly ObservedBody[]>>;
  /** By the machine's clock. */
  readonly shownAt: Span;
  nameOf(id: string): string | undefined;
}

export function observe(states: readonly State[], shown: Shown): Explanation {
  const fitting = new Map<string, State>();
  const obstacles = new Set<string>();
  for (const state of states) {
    const now = later(shown.shownAt, state.offsetMs);
    const branches = everyBranch((choose) => {
      const copy = copyOf(state);
      for (const { name } of copy.verifications) {
        const circumstances = { now, choose, call: -1, isConcurrent: false, mayGiveBack: false };
        findVerification(copy, name, {
          ...circumstances,
          codeOf: () => undefined,
          namesFor: () => [],
          isBlocked: () => true,
          isUnderWay: () => false,
        });
      }
      return copy;
    });
    for (const branch of branches) {
      const differs =
        stateDifference(branch, 'own', now, shown) ?? stateDifference(branch, 'other', now, shown);
      if (differs !== null) obstacles.add(`listed: ${differs}`);
      else fitting.set(JSON.stringify(branch), branch);
    }
  }
  return { states: [...fitting.values()], obstacles: [...obstacles] };
}

function stateDifference(
  state: State,
  application: ApplicationName,
  now: Span,
  { lists, nameOf }: Shown,
): string | null {
  const listed = lists[application];
  const expected = state.verifications.filter((one) => one.application === application);
  const live = listed.filter(({ status }) => status !== 'blocked');
  if (live.length !== expected.length) {
    return `${live.length} verifications, not ${expected.length}`;
  }
  for (const item of live) {
    const verification = expected.find(({ name }) => name === nameOf(item.id ?? ''));
    if (verification === undefined) return `${item.reference} is not known`;
    const differs = viewDifference(show(verification), item, { now, isPage: false, nameOf });
    if (differs !== null) return `${verification.name}: ${differs}`;
    tighten(verification, {
      createdAtMs: Date.parse(item.createdAt ?? ''),
      expiresAtMs: Date.parse(item.expiresAt ?? ''),
      resendAllowedAtMs:
        typeof item.resendAllowedAt === 'string' ? Date.parse(item.resendAllowedAt) : null,
    });
    if (typeof item.finishedAt === 'string') {
      const finishedAtMs = Date.parse(item.finishedAt);
      verification.finishedAt = { fromMs: finishedAtMs, toMs: finishedAtMs };
    }
  }
  const refused = listed
    .filter(({ status }) => status === 'blocked')
    .map((item) => `${referenceOf(item)} ${item.blockedReason}`);
  const blocked = state.blocked
    .filter((one) => one.application === application)
    .map(({ reference, reason }) => `${reference} ${reason}`);
  const [shownBlocked, modelBlocked] = [refused.sort().join(), blocked.sort().join()];
  return shownBlocked === modelBlocked ? null : `blocked: ${shownBlocked}, not ${modelBlocked}`;
}
