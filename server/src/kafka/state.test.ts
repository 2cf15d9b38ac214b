import assert from 'node:assert/strict';
import test from 'node:test';
import { createStateKeeper } from './state.ts';

function open() {
  const lines: string[] = [];
  const tell = (_fields: object, message: string) => lines.push(message);
  const keeper = createStateKeeper({ debug: tell, info: tell, warn: tell, error: tell });
  const read = () => [keeper.read().status, keeper.read().detail];
  return { keeper, read, lines };
}

test('it is connected when the membership is, and not by what is written before', () => {
  const { keeper, read } = open();
  keeper.writer.connected();
  assert.deepEqual(read(), ['connecting', null]);
  keeper.membership.connected();
  assert.deepEqual(read(), ['connected', null]);
});

test('trouble of one part stays, whatever the others say, until that part is well', () => {
  const { keeper, read, lines } = open();
  keeper.membership.disconnected('No membership.');
  keeper.writer.connected();
  assert.deepEqual(read(), ['disconnected', 'No membership.']);
  keeper.writer.disconnected('No broker.');
  keeper.topicWaits('out', 'No access.');
  keeper.membership.connected();
  assert.deepEqual(read(), ['disconnected', 'No broker.']);
  keeper.writer.connected();
  assert.deepEqual(read(), ['disconnected', 'Nothing can be written to out. No access.']);
  keeper.topicWaits('other', null);
  assert.equal(read()[0], 'disconnected');
  keeper.topicWaits('out', null);
  assert.deepEqual(read(), ['connected', null]);
  assert.deepEqual(lines.slice(-1), ['Kafka is connected']);
});

test('a change is logged once, however often a part says the same', () => {
  const { keeper, lines } = open();
  for (let time = 0; time < 3; time += 1) {
    keeper.membership.disconnected('No membership.');
    keeper.writer.connected();
    keeper.membership.disconnected('No membership.');
  }
  assert.deepEqual(lines, ['Kafka is not connected']);
});

test('the moment of a status stays while its detail changes', () => {
  const { keeper } = open();
  keeper.membership.disconnected('One.');
  const { sinceMs } = keeper.read();
  keeper.membership.disconnected('Another.');
  assert.deepEqual(keeper.read(), {
    ...{ status: 'disconnected', detail: 'Another.', sinceMs, missingTopics: [] },
  });
});

test('topics that are missing or refused are told by name, and others are read', () => {
  const { keeper, read, lines } = open();
  keeper.missing(['later', 'secret'], ['secret']);
  keeper.membership.connected();
  const refusal = 'The broker refused access to secret. Grant it to the user.';
  assert.deepEqual(read(), ['connected', refusal]);
  assert.deepEqual(keeper.read().missingTopics, ['later', 'secret']);
  keeper.missing(['later', 'secret'], ['secret']);
  keeper.missing(['later'], []);
  assert.deepEqual(read(), ['connected', null]);
  assert.deepEqual(lines, [
    ...['Kafka has no such topics yet', 'Kafka refuses access to topics', 'Kafka is connected'],
    'Kafka has no such topics yet',
  ]);
});
