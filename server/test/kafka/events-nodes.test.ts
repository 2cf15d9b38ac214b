import assert from 'node:assert/strict';
import test from 'node:test';
import { checkedEvent } from '#kafka/events/event-schema.fixture.ts';
import { generateRingEntry } from '#service/key-ring.ts';
import {
  type RunningServer,
  startDevelopmentServer,
  waitFor,
} from '../end-to-end/running-server.ts';
import { partOrSkip } from '../parts/part.ts';
import { findPostgres, startPostgres } from '../parts/postgres.ts';
import { type KafkaSite, openSite, repliesOf } from './kafka-site.ts';

const topic = 'watchword.events.of-nodes';

test('nodes of one database tell all of their events, and go on when one is killed', async (t) => {
  const programs = partOrSkip(t, findPostgres());
  if (programs === null) return;
  const site = await openSite(t);
  if (site === null) return;
  const database = await startPostgres(programs);
  const nodes: RunningServer[] = [];
  try {
    await site.client.createTopics({ [topic]: 2 });
    await site.client.follow([topic]);
    const environment = {
      WATCHWORD_DATABASE_URL: await database.createDatabase(),
      WATCHWORD_KEYS: generateRingEntry(new Date()),
      WATCHWORD_KAFKA_BROKERS: site.broker.address(),
      WATCHWORD_KAFKA_TOPIC_EVENTS: topic,
    };
    const stopped = await startDevelopmentServer(environment);
    nodes.push(stopped);
    await t.test('one that is stopped leaves the telling to the next at once', async () => {
      await untilTold(site, await startOne(stopped, 'before@example.com'));
      const next = await startDevelopmentServer(environment);
      nodes.push(next);
      assert.equal(await stopped.stop(), 0);
      // Well below the time for which the right of a node holds.
      await untilTold(site, await startOne(next, 'after@example.com'), 5_000);
    });
    nodes.push(await startDevelopmentServer(environment));
    const [, first, second] = nodes;
    assert.ok(first && second);
    const ids: string[] = [];
    const start = async (node: RunningServer) => {
      const id = await startOne(node, `ann${ids.length}@example.com`);
      ids.push(id);
      await node.call('POST', `/v1/verifications/${id}/cancel`);
    };
    for (let at = 0; at < 20; at += 1) await start(at % 2 === 0 ? first : second);
    // Whichever of them tells: the other has to go on.
    await first.kill();
    for (let at = 0; at < 5; at += 1) await start(second);
    const told = await waitFor(async () => {
      const types = new Map<string, string[]>();
      const seen = new Set<string>();
      for (const { value } of repliesOf(site.client, topic)) {
        const { id, type, subject } = checkedEvent(value);
        if (seen.has(id) || !type.startsWith('verification.')) continue;
        seen.add(id);
        types.set(subject, [...(types.get(subject) ?? []), type]);
      }
      const isAll = ids.every((id) => types.get(id)?.includes('verification.canceled'));
      return isAll ? types : null;
    }, 40_000);
    for (const id of ids) {
      assert.deepEqual(told.get(id), ['verification.started', 'verification.canceled']);
    }
  } finally {
    for (const node of nodes) await node.remove();
    await database.remove();
    await site.end();
  }
});

async function startOne(node: RunningServer, recipient: string): Promise<string> {
  const { body } = await node.call('POST', '/v1/verifications', { recipient });
  return body.id;
}

async function untilTold({ client }: KafkaSite, id: string, timeoutMs?: number): Promise<void> {
  const isOf = ({ key }: { readonly key: Buffer | null }) => String(key) === id;
  await waitFor(async () => (repliesOf(client, topic).some(isOf) ? true : null), timeoutMs);
}
