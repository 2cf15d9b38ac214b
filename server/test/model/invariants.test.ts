import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAnswers, type Trace } from './invariants.ts';
import type { Call } from './operations.ts';

/** Cancels under one key, each with the text of its answer; a `*` marks a repetition. */
function traceOf(texts: readonly string[], isTimeBlurred = false): Trace {
  const calls = texts.map((shown, number): Call => {
    const isReplayed = shown.startsWith('*');
    const text = shown.replace('*', '');
    return {
      ...{ number, node: 0, calledAs: 2 * number, returnedAs: 2 * number + 1 },
      operation: { kind: 'cancel', application: 'own', door: 'api', key: 'k', verification: 'v1' },
      answer: { status: 200, text, isReplayed, retryAfterSeconds: null, body: {} },
    };
  });
  return {
    ...{ calls, messages: [], codes: new Set(), hasCrashed: false, isTimeBlurred },
    ...{ hourMax: 5, dayMax: 10, budgetCents: null },
    idOf: (name) => name,
    idsAt: () => [],
    nameOf: () => undefined,
    codesOf: () => [],
    personOf: () => '',
  };
}

test('a repetition with the first answer is right, and one with another is not', () => {
  assertAnswers(traceOf(['a', '*a', '*a']));
  assert.throws(() => assertAnswers(traceOf(['a', '*b'])), /I9/);
});

test('what was done anew after a day is repeated from then on', () => {
  assertAnswers(traceOf(['a', '*a', 'b', '*b']));
  assert.throws(() => assertAnswers(traceOf(['a', 'b', '*a'])), /I9/);
});

test('beside a moved clock a repetition gives one of the answers, and no other', () => {
  assertAnswers(traceOf(['a', 'b', '*a'], true));
  assertAnswers(traceOf(['a', '*b', 'b'], true));
  assert.throws(() => assertAnswers(traceOf(['a', 'b', '*c'], true)), /I9/);
});
