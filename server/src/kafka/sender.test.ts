import assert from 'node:assert/strict';
import test from 'node:test';
import type { OutgoingRecord } from './record.ts';
import { createSender } from './sender.ts';
import { KafkaTrouble } from './trouble.ts';

function record(topic: string, value: string | Buffer): OutgoingRecord {
  return { topic, key: null, value: Buffer.from(value), headers: [] };
}

/** A broker that answers requests as it is told to, and then takes everything. */
function openBroker(
  answers: (KafkaTrouble | ((records: readonly OutgoingRecord[]) => void))[] = [],
) {
  const requests: string[][] = [];
  const troubles: string[] = [];
  const sender = createSender({
    async produce(records) {
      requests.push(records.map(({ value }) => value.toString().slice(0, 20)));
      await Promise.resolve();
      const answer = answers.shift();
      if (answer instanceof KafkaTrouble) throw answer;
      answer?.(records);
    },
    ensureTopic: async (topic) => {
      if (topic === 'missing') throw new KafkaTrouble('unknown_topic', 'no such topic', null);
    },
    waiting: (topic, trouble) => troubles.push(`${topic} ${trouble?.kind ?? 'written'}`),
    retryWaitMs: 1,
  });
  return { sender, requests, troubles };
}

const unreachable = new KafkaTrouble('unreachable', 'no broker', null);
const tooLarge = new KafkaTrouble('record_refused', 'too large', null);

test('what is ready at once goes together, and what comes meanwhile with the next', async () => {
  const later: Promise<void>[] = [];
  const { sender, requests } = openBroker([
    () => later.push(...['3', '4'].map((value) => sender.send(record('out', value)))),
  ]);
  await Promise.all(['1', '2'].map((value) => sender.send(record('out', value))));
  await Promise.all(later);
  assert.deepEqual(requests, [
    ['1', '2'],
    ['3', '4'],
  ]);
});

test('what a broker could not take is written again, in its order', async () => {
  const { sender, requests, troubles } = openBroker([unreachable, unreachable]);
  await Promise.all(['1', '2'].map((value) => sender.send(record('out', value))));
  assert.deepEqual(requests.flat().slice(-2), ['1', '2']);
  assert.deepEqual(troubles, ['out unreachable', 'out written'], 'told once, not at every try');
});

test('a record that is refused takes no other with it', async () => {
  const refuseBad = (records: readonly OutgoingRecord[]): void => {
    if (records.some(({ value }) => value.toString() === 'bad')) throw tooLarge;
  };
  const { sender } = openBroker(Array(10).fill(refuseBad));
  const sent = ['1', 'bad', '2'].map((value) => sender.send(record('out', value)));
  const ends = await Promise.allSettled(sent);
  assert.deepEqual(
    ends.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
});

test('what a refused request wrote all the same is written once', async () => {
  const refuseThree = (records: readonly OutgoingRecord[]): void => {
    const written = new Set(records.filter(({ value }) => value.toString() === '1'));
    throw new KafkaTrouble('record_refused', 'too large', null, written);
  };
  const { sender, requests } = openBroker([refuseThree, () => {}, tooLarge]);
  const sent = ['1', '2', '3'].map((value) => sender.send(record('out', value)));
  const settled = await Promise.allSettled(sent);
  assert.deepEqual(requests, [['1', '2', '3'], ['2'], ['3']]);
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected'],
  );
});

test('the one record that a refused request did not write is the refused one', async () => {
  const refuseLast = (records: readonly OutgoingRecord[]): void => {
    throw new KafkaTrouble('record_refused', 'too large', null, new Set(records.slice(0, -1)));
  };
  const { sender, requests } = openBroker([refuseLast]);
  const sent = ['1', '2', '3'].map((value) => sender.send(record('out', value)));
  const settled = await Promise.allSettled(sent);
  assert.deepEqual(requests, [['1', '2', '3']]);
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected'],
  );
});

test('a large record goes alone', async () => {
  const { sender, requests } = openBroker();
  const large = Buffer.alloc(100_000, 'x');
  await Promise.all([
    ...['1', '2'].map((value) => sender.send(record('out', value))),
    sender.send(record('out', large)),
    sender.send(record('out', '3')),
  ]);
  assert.deepEqual(requests, [['1', '2'], ['x'.repeat(20)], ['3']]);
});

test('an optional record that is given up leaves no trouble behind', async () => {
  const { sender, troubles } = openBroker();
  await assert.rejects(sender.send(record('missing', 'optional'), true), { kind: 'unknown_topic' });
  assert.deepEqual(troubles, []);
});

test('a missing topic holds up no other, and only an optional record is given up', async () => {
  const { sender, troubles } = openBroker();
  const waiting = sender.send(record('missing', 'needed'));
  await assert.rejects(sender.send(record('missing', 'optional'), true), { kind: 'unknown_topic' });
  await sender.send(record('out', '1'));
  assert.deepEqual(troubles, ['missing unknown_topic']);
  sender.close();
  await assert.rejects(waiting, /closed/);
  assert.deepEqual(troubles, ['missing unknown_topic', 'missing written']);
  await assert.rejects(sender.send(record('out', '2')), /closed/);
});
