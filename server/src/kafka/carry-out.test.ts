import assert from 'node:assert/strict';
import test from 'node:test';
import { StorageUnavailable } from '#service/ports.ts';
import { NoRoomToSend } from '#service/room-to-send.ts';
import { carryOut } from './carry-out.ts';
import { type Command, NotNow, type Outcome } from './command-topic.ts';
import { type KafkaRecord, type OutgoingRecord, replyTo } from './record.ts';
import { createSender } from './sender.ts';
import { KafkaTrouble } from './trouble.ts';

const secret = 'anna@example.com';
const phone = '+14155550123';
const record: KafkaRecord = {
  topic: 'in',
  partition: 3,
  offset: 17n,
  timestamp: 1_700_000_000_000n,
  key: Buffer.from(phone),
  value: Buffer.from(
    JSON.stringify({ recipient: secret, contentParams: { a: 1 }, [phone]: [1], [secret]: 1 }),
  ),
  headers: [
    [Buffer.from('trace'), Buffer.from([0, 1])],
    [Buffer.from(phone), Buffer.from(secret)],
  ],
};
const fieldNames = ['recipient', 'contentParams', 'otp'];
const replied: Outcome = { replies: [replyTo(record, 'out', 'done')], deadLetter: null };
const apology = replyTo(record, 'out', 'sorry');

/** Carries out a command that first throws these, and then comes to an outcome. */
function open(
  throwing: readonly Error[],
  outcome: Outcome = replied,
  isRefused: (record: OutgoingRecord) => boolean = () => false,
) {
  const written: OutgoingRecord[] = [];
  const log: string[] = [];
  const tell = (fields: object, message: string) => {
    const noBigInts = (_: string, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value;
    log.push(`${message} ${JSON.stringify(fields, noBigInts)}`);
  };
  const sender = createSender({
    async produce(records) {
      if (records.some(isRefused)) throw new KafkaTrouble('record_refused', 'too large', null);
      written.push(...records);
    },
    async ensureTopic(topic) {
      if (topic === 'nowhere') throw new KafkaTrouble('unknown_topic', 'none', null);
    },
    waiting: () => {},
    retryWaitMs: 1,
  });
  const stopping = new AbortController();
  const turns = { left: Number.POSITIVE_INFINITY };
  let calls = 0;
  const command: Command = {
    order: '',
    async carryOut() {
      const error = throwing[calls];
      calls += 1;
      if (error !== undefined) throw error;
      return outcome;
    },
    answerFault: () => [apology],
  };
  const run = (topic = 'dead', bytesMax = 1_000) =>
    carryOut(
      {
        sender,
        deadLetters: { topic, bytesMax, fieldNames: new Set(fieldNames) },
        retries: 2,
        retryIntervalMs: 1,
        log: { debug: tell, info: tell, warn: tell, error: tell },
        stopping: stopping.signal,
        isOurs: () => calls < turns.left,
      },
      record,
      command,
    );
  return { run, written, log, stopping, turns, calls: () => calls };
}

const bug = new Error('a bug');

test('a command waits for storage and provider without end, and spends no retry', async () => {
  const waits = [
    ...[new StorageUnavailable('away'), new NotNow('busy'), new NoRoomToSend('full')],
    ...[new NotNow('busy'), new StorageUnavailable('away')],
  ];
  const { run, written, calls } = open([...waits, bug, bug]);
  await run();
  assert.equal(calls(), 8);
  assert.deepEqual(written, replied.replies);
});

test('a command that our fault fails is answered, and lies with the dead letters', async () => {
  const { run, written, log, calls } = open([bug, bug, bug]);
  await run();
  assert.equal(calls(), 3, 'the first try and two more');
  assert.deepEqual(written[0], apology);
  assert.equal(written.length, 2);
  const letter = written[1];
  assert.equal(letter?.topic, 'dead');
  assert.equal(letter?.key, null);
  assert.deepEqual(
    letter?.headers.map((header) => header.map(String)),
    [
      ['watchword-dead-letter-reason', 'failed'],
      ['watchword-dead-letter-topic', 'in'],
      ['watchword-dead-letter-partition', '3'],
      ['watchword-dead-letter-offset', '17'],
      ['watchword-dead-letter-timestamp', '1700000000000'],
    ],
  );
  const told = JSON.parse(String(letter?.value));
  assert.deepEqual(told.fields, {
    recipient: 'text of 16 characters',
    contentParams: 'object of 1',
  });
  assert.equal(told.otherFields, 2);
  assertNothingShown([String(letter?.value), ...log]);
});

test('of a command that is too long to be read nothing is parsed', async () => {
  const { run, written } = open([], { replies: [], deadLetter: 'unreadable' });
  const { length } = record.value ?? '';
  await run('dead', length);
  await run('dead', length - 1);
  const told = written.map(({ value }) => JSON.parse(String(value)));
  assert.deepEqual(
    told.map(({ fields, valueBytes }) => [fields === null, valueBytes]),
    [
      [false, length],
      [true, length],
    ],
  );
});

function assertNothingShown(texts: readonly string[]): void {
  for (const text of texts) assert.ok(!text.includes(secret) && !text.includes(phone), text);
}

test('a dead letter that no topic takes is logged, and holds up nothing', async () => {
  const { run, log } = open([], { replies: [], deadLetter: 'unreadable' });
  await run('nowhere');
  assert.match(log.at(-1) ?? '', /no topic took a dead letter .*"reason":"unreadable"/);
  assertNothingShown(log);
});

test('a reply that the broker does not take makes a dead letter of its command', async () => {
  const { run, written } = open([], replied, ({ topic }) => topic === 'out');
  await run();
  assert.equal(JSON.parse(String(written[0]?.value)).reason, 'unanswerable');
});

test('a reply that is too large with the headers of its command goes without them', async () => {
  const { run, written } = open([], replied, ({ headers }) => headers.length > 0);
  await run();
  assert.deepEqual(written, [{ ...replyTo(record, 'out', 'done'), headers: [] }]);
});

test('a server that stops leaves a waiting command to the next node', async () => {
  const { run, stopping, written } = open(Array(100).fill(new StorageUnavailable('away')));
  const running = run();
  stopping.abort();
  await assert.rejects(running, { name: 'AbortError' });
  assert.deepEqual(written, []);
});

test('a command that waits is left once another node has its partition', async () => {
  const { run, turns, written, calls } = open(Array(100).fill(new StorageUnavailable('away')));
  turns.left = 2;
  await assert.rejects(run(), /Another node/);
  assert.deepEqual([calls(), written], [2, []]);
});
