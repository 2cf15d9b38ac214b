import assert from 'node:assert/strict';
import { errorCodes, errorTable } from '#api/errors.ts';
import type { Problem } from '#api/problem.ts';

/** What came back, however it was sent. Names of headers are in lower case. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}

/** What the contract promises of every answer, whatever was asked. `what` names the request. */
export function judgeAnswer(what: string, answer: Answer): void {
  const { status, headers, text } = answer;
  const shown = `${what}: ${status} ${text.slice(0, 400)}`;
  assert.ok(status < 500, shown);
  assert.match(headers['request-id'] ?? '', /^req_[0-9a-hjkmnp-tv-z]{37}$/, shown);
  assert.equal(headers['cache-control'], 'no-store', shown);
  assert.equal(headers['x-content-type-options'], 'nosniff', shown);
  if (status >= 400) judgeProblem(shown, problemOf(answer), answer);
}

export function problemOf(answer: Answer): Problem {
  const type = answer.headers['content-type'] ?? '';
  assert.match(type, /^application\/problem\+json(; charset=utf-8)?$/, answer.text);
  return JSON.parse(answer.text) as Problem;
}

/** RFC 9457 with our own additions, and a row of the one error table behind it. */
function judgeProblem(shown: string, problem: Problem, { status, headers }: Answer): void {
  assert.ok(errorCodes.includes(problem.code), shown);
  const row = errorTable[problem.code];
  assert.ok([row.status, row.statusOfField].includes(status), shown);
  assert.equal(problem.status, status, shown);
  assert.equal(problem.title, row.title, shown);
  assert.ok(problem.type.endsWith(`/docs/errors/${problem.code}`), shown);
  assert.equal(problem.requestId, headers['request-id'], shown);
  assert.match(problem.detail, /^["/A-Z0-9].{8,480}\.$/s, shown);
  for (const { pointer, detail } of problem.errors) {
    assert.match(pointer, /^(\/.*)?$/s, shown);
    assert.match(detail, /^["A-Z].{8,480}\.$/s, shown);
  }
  // A refused field is always named; what is refused as a whole has nothing to point to.
  if (problem.code === 'request_invalid') assert.ok(problem.errors.length > 0, shown);
  if (status === 429) {
    assert.match(headers['retry-after'] ?? '', /^[1-9][0-9]*$/, shown);
    assert.ok(problem.limit !== undefined || problem.code === 'budget_exhausted', shown);
  }
  if (status === 405) assert.ok(headers['allow'], shown);
  if (status === 401) assert.match(headers['www-authenticate'] ?? '', /^Bearer /, shown);
}
