/** What the event topic tells of verifications, against what their list shows. */
import assert from 'node:assert/strict';
import { checkedEvent } from '#kafka/events/event-schema.fixture.ts';
import { waitFor } from '../end-to-end/running-server.ts';
import { assertNoCode } from '../model/invariants.ts';
import type { ObservedBody } from '../model/operations.ts';
import type { KafkaClient } from '../parts/kafka-client.ts';
import { repliesOf } from './kafka-site.ts';

const tellingTimeoutMs = 60_000;

/**
 * Each verification has exactly its events, in the order of what happened, and each delivery comes
 * to its end once; an event may come twice, and tells the same. No code is in any. Answers how many
 * different ones there are.
 */
export async function assertTold(
  client: KafkaClient,
  topic: string,
  {
    listed,
    codes,
  }: { readonly listed: readonly ObservedBody[]; readonly codes: ReadonlySet<string> },
): Promise<number> {
  const wanted = listed.reduce((sum, item) => sum + typesOf(item).length, 0);
  const ids = new Set(listed.map(({ id }) => id));
  const told = await waitFor(async () => {
    const events = readEvents(client, topic, ids);
    const count = [...events.values()].flatMap(({ types }) => types).length;
    return count >= wanted ? events : null;
  }, tellingTimeoutMs);
  for (const { value } of repliesOf(client, topic)) assertNoCode(String(value), codes);
  let count = 0;
  for (const item of listed) {
    const { types = [], all = [] } = told.get(item.id ?? '') ?? {};
    assert.deepEqual(types, typesOf(item), `what was told of ${item.id}`);
    count += all.length;
    for (const { id } of item.deliveries ?? []) {
      const own = all.filter(({ data }) => data.id === id).map(({ type }) => type);
      assert.equal(own.length, new Set(own).size, `${id} was told of twice: ${own}`);
    }
  }
  return count;
}

interface Told {
  /** Those of the verification itself. */
  readonly types: string[];
  readonly all: ReturnType<typeof checkedEvent>[];
}

function readEvents(
  client: KafkaClient,
  topic: string,
  ids: ReadonlySet<string | undefined>,
): ReadonlyMap<string, Told> {
  const texts = new Map<string, string>();
  const told = new Map<string, Told>();
  for (const { key, value } of repliesOf(client, topic)) {
    const event = checkedEvent(value);
    if (!ids.has(event.subject)) continue;
    assert.equal(event.subject, String(key));
    // Nodes of the tests have URLs of their own, and a delivery is shown as it is by then.
    const { type, subject, time, data } = event;
    const text = JSON.stringify([type, subject, time, data.status]);
    const first = texts.get(event.id);
    if (first !== undefined) assert.equal(text, first, 'an event was told otherwise');
    if (first !== undefined) continue;
    texts.set(event.id, text);
    const known = told.get(event.subject) ?? { types: [], all: [] };
    told.set(event.subject, known);
    known.all.push(event);
    if (event.type.startsWith('verification.')) known.types.push(event.type);
  }
  return told;
}

function typesOf({ status }: ObservedBody): string[] {
  if (status === 'blocked') return ['verification.blocked'];
  const started = ['verification.started'];
  return status === 'pending' ? started : [...started, `verification.${status}`];
}
