import assert from 'node:assert/strict';
import test from 'node:test';
import type { KafkaRecord } from '#kafka/record.ts';
import { readFields } from './json.ts';
import { processIdOf, replyText } from './process-id.ts';

function replyFor(body: string, header?: string | Buffer): string {
  const name = Buffer.from('processInstanceId');
  const record: KafkaRecord = {
    ...{ topic: 'in', partition: 0, offset: 0n, timestamp: 0n, key: null },
    value: Buffer.from(body),
    headers: header === undefined ? [] : [[name, Buffer.from(header)]],
  };
  return replyText(processIdOf(record, readFields(record.value)), { a: 1 });
}

const cases: readonly (readonly [string, string | Buffer | undefined, string])[] = [
  ['{"processInstanceId":12345}', '9', '12345'],
  ['{"processInstanceId":9223372036854775807}', undefined, '9223372036854775807'],
  ['{"processInstanceId":"77"}', undefined, '77'],
  ['{"processInstanceId":"0b1e-uuid"}', undefined, '"0b1e-uuid"'],
  ['{"processInstanceId":null}', '739452', '739452'],
  ['{}', '739452', '739452'],
  ['{}', '"739452"', '739452'],
  ['not json', '739452', '739452'],
  ['{}', undefined, '0'],
  ['{}', '', '0'],
  ['{}', Buffer.from([0, 7]), '0'],
  ['{"processInstanceId":"\\" , \\"otpSent\\":true"}', undefined, '0'],
  ['{"processInstanceId":{"a":1}}', undefined, '0'],
];

for (const [body, header, expected] of cases) {
  test(`the process of ${body}, header ${JSON.stringify(String(header))}, is ${expected}`, () => {
    const reply = replyFor(body, header);
    assert.equal(reply, `{"processInstanceId":${expected},"a":1}`);
    assert.doesNotThrow(() => JSON.parse(reply));
  });
}
