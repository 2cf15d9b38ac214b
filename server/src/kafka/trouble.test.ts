import assert from 'node:assert/strict';
import test from 'node:test';
import { partitionsWritten, readTrouble } from './trouble.ts';

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

const sentences = [
  [{ message: 'Broker requires TLS.' }, /does not speak as WATCHWORD_KAFKA_SECURITY_PROTOCOL/],
  [{ apiId: 'ILLEGAL_SASL_STATE' }, /does not speak as WATCHWORD_KAFKA_SECURITY_PROTOCOL/],
  [{ code: 'PLT_KFK_NETWORK', message: 'Connection closed' }, /closed the connection/],
  [{ code: 'ENOTFOUND', hostname: 'kafka.example' }, /the name kafka\.example is not known/],
  [{ code: 'ECONNREFUSED' }, /correct WATCHWORD_KAFKA_BROKERS/],
  [{ code: 'SELF_SIGNED_CERT_IN_CHAIN' }, /Set WATCHWORD_KAFKA_CA_FILE/],
  [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, /by a name that stands in the certificate/],
] as const;

for (const [bottom, sentence] of sentences) {
  test(`${JSON.stringify(bottom)} is told with what to do`, () => {
    const { kind, message } = readTrouble(nested(bottom));
    assert.equal(kind, 'unreachable');
    assert.match(message, sentence);
  });
}

test('an error that leads back to itself, or is none, is read to an end', () => {
  const circle = new Error('a circle');
  circle.cause = circle;
  assert.equal(readTrouble(circle).kind, 'other');
  assert.equal(readTrouble(undefined).kind, 'other');
});

test('what was written although the request failed is found, whichever broker has it', () => {
  const refusal = {
    response: {
      responses: [
        {
          name: 'out',
          partitionResponses: [
            { index: 0, errorCode: 0 },
            { index: 1, errorCode: 10 },
          ],
        },
      ],
    },
  };
  const error = Object.assign(nested(refusal), {
    produced: { offsets: [{ topic: 'out', partition: 2, offset: 7n }] },
  });
  assert.deepEqual([...partitionsWritten(error)].sort(), ['out:0', 'out:2']);
  assert.deepEqual([...partitionsWritten(undefined)], []);
});
