import assert from 'node:assert/strict';
import test from 'node:test';
import { readTrouble } from './trouble.ts';

/** As the library nests them, with what decides at the bottom. */
function nested(bottom: object): Error {
  const inner = Object.assign(new Error('failed'), {
    errors: [Object.assign(new Error(), bottom)],
  });
  return new AggregateError([new Error('first try', { cause: inner })], 'failed 3 times.');
}

const cases = [
  [{ code: 'PLT_KFK_AUTHENTICATION' }, 'refused'],
  [{ apiId: 'SASL_AUTHENTICATION_FAILED' }, 'refused'],
  [{ apiId: 'GROUP_AUTHORIZATION_FAILED' }, 'refused'],
  [{ apiId: 'UNKNOWN_TOPIC_OR_PARTITION' }, 'unknown_topic'],
  [{ message: 'Unknown topic a.b.' }, 'unknown_topic'],
  [{ apiId: 'MESSAGE_TOO_LARGE' }, 'record_refused'],
  [{ code: 'ECONNREFUSED' }, 'unreachable'],
  [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'unreachable'],
  [{ apiId: 'NOT_COORDINATOR' }, 'other'],
] as const;

for (const [bottom, kind] of cases) {
  test(`${JSON.stringify(bottom)} is told as ${kind}, however deep it lies`, () => {
    assert.equal(readTrouble(nested(bottom)).kind, kind);
  });
}

test('an error that leads back to itself, or is none, is read to an end', () => {
  const circle = new Error('a circle');
  circle.cause = circle;
  assert.equal(readTrouble(circle).kind, 'other');
  assert.equal(readTrouble(undefined).kind, 'other');
});
