import assert from 'node:assert/strict';
import test from 'node:test';
import { cloudEventRecord, eventStatuses } from '#kafka/events/cloud-event.ts';
import { checkedEvent } from '#kafka/events/event-schema.fixture.ts';
import { createEventSource, type ToldEvent } from '#service/event-source.ts';
import {
  numberAt,
  type OpenedService,
  openService,
  viewOf,
  wrong,
} from '#service/service.fixture.ts';
import type { Caller } from '#service/service.ts';

const source = 'https://verify.example';

function parsed(event: ToldEvent) {
  return checkedEvent(cloudEventRecord(event, 'events', source).value);
}

/** Makes everything happen that there is an event of; answers what no event may show. */
async function liveThrough(opened: OpenedService, caller: Caller): Promise<readonly string[]> {
  const { service } = opened;
  const metadata = { k: 'v' };
  const approved = await opened.start(caller, { recipient: numberAt(1), metadata });
  await opened.whenIdle();
  const code = opened.codeOf(approved.id);
  await opened.check(caller, approved.id, wrong(code));
  await opened.check(caller, approved.id, code);
  const failed = await opened.start(caller, { recipient: numberAt(2), checksMax: 1 });
  await opened.whenIdle();
  await opened.check(caller, failed.id, wrong(opened.codeOf(failed.id)));
  const canceled = await opened.start(caller, { recipient: numberAt(3), reference: 'order-17' });
  await service.cancelVerification(caller, canceled.id, null);
  // The second comes too soon.
  for (const purpose of ['login', 'payment']) {
    await service.startVerification(caller, { recipient: 'ann@example.com', purpose }, null);
  }
  const receipts = ['delivered', 'read', 'undelivered'] as const;
  for (const [at, status] of receipts.entries()) {
    const { deliveries } = await opened.start(caller, { recipient: numberAt(10 + at) });
    await opened.whenIdle();
    const error = status === 'undelivered' ? 'Absent.' : null;
    await service.recordReceipt({ deliveryId: deliveries[0]?.id ?? '', status, error });
  }
  const message = { recipient: numberAt(20), text: 'Your parcel is here.' };
  viewOf(await service.sendMessage(caller, message, null));
  await opened.whenIdle();
  opened.provider.answer = () => ({ kind: 'refused', error: 'No such number.' });
  await opened.start(caller, { recipient: numberAt(30) });
  await opened.whenIdle();
  await opened.advance(3_600);
  return [code, 'ann@example.com', message.text, ...[1, 2, 3, 10, 11, 12, 20, 30].map(numberAt)];
}

async function claimAll(opened: OpenedService): Promise<readonly ToldEvent[]> {
  const told: ToldEvent[] = [];
  const events = createEventSource(opened, 'node-1');
  for (;;) {
    const claimed = (await events.claim()) ?? [];
    if (claimed.length === 0) return told;
    told.push(...claimed);
    await events.remove(claimed);
  }
}

test('every event is as its schema says, and shows no code and nobody', async () => {
  const opened = await openService({ keepsEvents: true });
  try {
    // Long, so that no number of an event is like it by chance.
    const caller = await opened.newCaller({ code: { alphabet: 'digits', length: 10 } });
    const secrets = await liveThrough(opened, caller);
    const events = await claimAll(opened);
    assert.deepEqual(
      [...new Set(events.map(({ type }) => type))].sort(),
      Object.keys(eventStatuses).sort(),
    );
    for (const event of events) {
      const { id, type, subject, data } = parsed(event);
      assert.deepEqual([id, type, subject], [event.id, event.type, event.verificationId]);
      assert.equal(data.status, eventStatuses[event.type]);
    }
    const shown = JSON.stringify(events.map(parsed));
    for (const secret of secrets) assert.ok(!shown.includes(secret.replace('+', '')), secret);
  } finally {
    await opened.end();
  }
});

test('an event of a message names the message, and one of a code the verification', async () => {
  const opened = await openService({ keepsEvents: true });
  try {
    const caller = await opened.newCaller();
    const { id } = await opened.start(caller, { recipient: numberAt(1) });
    const sent = await opened.service.sendMessage(
      caller,
      { recipient: numberAt(2), text: 'Your parcel is here.' },
      null,
    );
    await opened.whenIdle();
    const deliveries = (await claimAll(opened)).map(parsed).filter(({ data }) => data.provider);
    assert.deepEqual(
      deliveries.map(({ data }) => [data.verificationId, data.messageId]).sort(),
      [
        [id, null],
        [null, viewOf(sent).id],
      ].sort(),
    );
  } finally {
    await opened.end();
  }
});

test('the record is structured JSON of CloudEvents, keyed by the verification', async () => {
  const opened = await openService({ keepsEvents: true });
  try {
    const caller = await opened.newCaller();
    const { id } = await opened.start(caller);
    const [event] = (await createEventSource(opened, 'node-1').claim()) ?? [];
    assert.ok(event);
    const record = cloudEventRecord(event, 'events', source);
    assert.deepEqual([record.topic, String(record.key)], ['events', id]);
    assert.deepEqual(
      record.headers.map((header) => header.map(String)),
      [['content-type', 'application/cloudevents+json; charset=UTF-8']],
    );
    assert.equal(parsed(event).source, source);
    assert.equal(await createEventSource(opened, 'node-2').claim(), null);
  } finally {
    await opened.end();
  }
});

test('an event that is not as its schema says is found', async () => {
  const opened = await openService({ keepsEvents: true });
  try {
    await opened.start(await opened.newCaller());
    const [event] = (await createEventSource(opened, 'node-1').claim()) ?? [];
    assert.ok(event);
    const good = parsed(event);
    const wrongs = [
      { ...good, code: '123456' },
      { ...good, type: 'verification.begun' },
      { ...good, specversion: '1' },
      { ...good, data: { ...good.data, code: '123456' } },
      { ...good, data: { ...good.data, country: 7 } },
      { ...good, data: { ...good.data, recipient: undefined } },
      { ...good, time: 'today' },
    ];
    for (const one of wrongs) assert.throws(() => checkedEvent(JSON.stringify(one)));
  } finally {
    await opened.end();
  }
});
