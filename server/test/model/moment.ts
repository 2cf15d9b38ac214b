/**
 * Time as a client can know it. A client sees when it asked and when it was answered, so the
 * moment at which the server did something is known as a span only. Where a rule asks whether a
 * moment has come and the spans overlap, both answers are possible: the rule is followed for each.
 */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Takes one of `count` ways to go on; see `everyBranch`. */
export type Choose = (count: number) => number;

export function exactly(atMs: number): Span {
  return { fromMs: atMs, toMs: atMs };
}

export function later(span: Span, milliseconds: number): Span {
  return { fromMs: span.fromMs + milliseconds, toMs: span.toMs + milliseconds };
}

export function earliest(one: Span, other: Span): Span {
  return {
    fromMs: Math.min(one.fromMs, other.fromMs),
    toMs: Math.min(one.toMs, other.toMs),
  };
}

/** Has `moment` come at `now`? The moment itself counts as come. */
export function hasCome(moment: Span, now: Span, choose: Choose): boolean {
  if (now.fromMs >= moment.toMs) return true;
  if (now.toMs < moment.fromMs) return false;
  return choose(2) === 1;
}

/** Is what was shown within what is possible? */
export function holds(span: Span, shownMs: number): boolean {
  return shownMs >= span.fromMs && shownMs <= span.toMs;
}

/** More than any rule asks within one step; reaching it means that the spans are far too wide. */
const branchesMax = 512;

/**
 * Follows a rule along every way it may take: `rule` is run again for each sequence of choices.
 * It must be a pure function of what it is given, and of the choices.
 */
export function everyBranch<Result>(rule: (choose: Choose) => Result): Result[] {
  const results: Result[] = [];
  const waiting: number[][] = [[]];
  for (let branch = waiting.pop(); branch !== undefined; branch = waiting.pop()) {
    if (results.length >= branchesMax) throw new Error('A rule has too many ways to go on.');
    const taken = [...branch];
    let place = 0;
    const choose: Choose = (count) => {
      const known = taken[place];
      place += 1;
      if (known !== undefined) return known;
      for (let other = 1; other < count; other++) waiting.push([...taken, other]);
      taken.push(0);
      return 0;
    };
    results.push(rule(choose));
  }
  return results;
}
