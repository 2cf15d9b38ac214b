import assert from 'node:assert/strict';
import type { EventRecord } from '#service/event-port.ts';
import { attempt } from './deliveries.ts';
import {
  type Bench,
  createPromise,
  type DefinePromise,
  dayMs,
  inParallel,
  leaseMs,
  limited,
  minuteMs,
  type OpenStorage,
} from './fixture.ts';

async function claim(bench: Bench, changes: { holder?: string; limit?: number } = {}) {
  return bench.storage.events.claimEvents({ holder: 'node-1', limit: 1_000, leaseMs, ...changes });
}

async function claimed(bench: Bench, limit?: number): Promise<readonly EventRecord[]> {
  const events = await claim(bench, limit === undefined ? {} : { limit });
  assert.ok(events !== null, 'somebody else tells the events');
  return events;
}

/** Types of the events so far; those of one verification where it is named. */
async function typesOf(bench: Bench, verificationId?: string): Promise<string[]> {
  return (await claimed(bench))
    .filter((event) => verificationId === undefined || event.verificationId === verificationId)
    .map(({ type }) => type);
}

async function record(bench: Bench, id: string, status: 'sent' | 'failed' | 'queued') {
  await bench.storage.recordAttempts([attempt(id, { status, retryInMs: minuteMs })]);
}

export function testEvents(open: OpenStorage): void {
  const promise = createPromise(() => open({ keepsEvents: true }));
  testChanges(promise);
  testEndings(promise);
  testTelling(promise);

  createPromise(open)('a storage that keeps no events has none', async (bench) => {
    const { verification, deliveries } = await bench.start();
    await record(bench, deliveries[0]?.id ?? '', 'sent');
    await bench.cancel(verification.id);
    assert.deepEqual(await claimed(bench), []);
  });
}

function testChanges(promise: DefinePromise): void {
  promise('each change of a status is an event, in its order', async (bench) => {
    const { verification, deliveries } = await bench.start();
    const deliveryId = deliveries[0]?.id ?? '';
    const receive = (status: 'delivered' | 'read' | 'sent') =>
      bench.storage.recordReceipt({ deliveryId, status, error: null });
    await record(bench, deliveryId, 'queued');
    await record(bench, deliveryId, 'sent');
    await bench.wrongGuesses(verification.id, 1);
    await receive('delivered');
    await receive('sent');
    await bench.guess(verification.id, true);
    await receive('read');
    const nowMs = await bench.storage.now();
    const events = await claimed(bench);
    assert.deepEqual(
      events.map(({ type, deliveryId: of }) => [type, of]),
      [
        ['verification.started', null],
        ['delivery.sent', deliveryId],
        ['delivery.delivered', deliveryId],
        ['verification.approved', null],
        ['delivery.read', deliveryId],
      ],
    );
    for (const event of events) {
      assert.match(event.id, /^evt_/);
      assert.deepEqual(
        [event.applicationId, event.verificationId],
        [bench.applicationId, verification.id],
      );
      assert.ok(event.atMs >= verification.createdAtMs && event.atMs <= nowMs);
    }
    assert.equal(new Set(events.map(({ id }) => id)).size, events.length);
  });

  promise('a step that changes nothing is no event', async (bench) => {
    await bench.start();
    const before = await typesOf(bench);
    const rejected = await bench.tryStart({ secondStart: 'reject' });
    assert.equal(rejected.kind, 'live');
    await bench.tryConsume('vf_unknown');
    assert.deepEqual(await typesOf(bench), before);
  });

  promise('of a plain message its delivery alone is told', async (bench) => {
    const plain = { codeVersion: 0, purpose: 'message', sealedCode: 'sealed text' } as const;
    const { verification, deliveries } = await bench.start(plain);
    await record(bench, deliveries[0]?.id ?? '', 'sent');
    assert.deepEqual(await typesOf(bench, verification.id), ['delivery.sent']);
  });
}

function testEndings(promise: DefinePromise): void {
  promise('every way to end is an event', async (bench) => {
    const replaced = await bench.start();
    const spent = await bench.start({ checksMax: 1 });
    await bench.wrongGuesses(spent.verification.id, 1);
    const canceled = await bench.start({ purpose: 'a' });
    await bench.cancel(canceled.verification.id);
    await bench.cancel(canceled.verification.id);
    const late = await bench.start({ purpose: 'b' });
    const failed = await bench.start({ purpose: 'c' });
    await record(bench, failed.deliveries[0]?.id ?? '', 'failed');
    const blocked = await bench.tryStart({ ledgers: [limited('+14155550123', 1, 3_600)] });
    assert.equal(blocked.kind, 'refused');
    await bench.advance(10 * minuteMs);
    while ((await bench.storage.expireDue(100)).more);
    for (const [{ verification }, types] of [
      [replaced, ['started', 'canceled']],
      [spent, ['started', 'failed']],
      [canceled, ['started', 'canceled']],
      [late, ['started', 'expired']],
      [failed, ['started', 'expired']],
    ] as const) {
      const told = (await typesOf(bench, verification.id)).filter((type) => !/^d/.test(type));
      assert.deepEqual(
        told,
        types.map((type) => `verification.${type}`),
      );
    }
    const all = await typesOf(bench);
    assert.equal(all.filter((type) => type === 'verification.blocked').length, 1);
    assert.ok(all.includes('delivery.failed'));
  });

  promise('many changes at once are told, each verification’s in its order', async (bench) => {
    const ids = await inParallel(40, async (index) => {
      const { verification } = await bench.start({ recipient: `+1415555${index}` });
      await Promise.all([bench.guess(verification.id, true), bench.cancel(verification.id)]);
      return verification.id;
    });
    for (const id of ids) {
      const [started, ended, ...more] = await typesOf(bench, id);
      assert.equal(started, 'verification.started');
      assert.match(ended ?? '', /^verification\.(approved|canceled)$/);
      assert.deepEqual(
        more.filter((type) => type.startsWith('verification')),
        [],
      );
    }
  });
}

function testTelling(promise: DefinePromise): void {
  promise('events stay until they are removed, and come back never', async (bench) => {
    for (let index = 0; index < 5; index++) await bench.start({ recipient: `+1415555${index}` });
    await bench.reopen();
    const first = await claimed(bench, 2);
    assert.equal(first.length, 2);
    assert.deepEqual(await claimed(bench, 2), first);
    await bench.storage.events.removeEvents(first.map(({ position }) => position));
    await bench.storage.events.removeEvents([]);
    await bench.reopen();
    const rest = await claimed(bench);
    assert.equal(rest.length, 3);
    await bench.start({ recipient: '+14155559' });
    const later = await claimed(bench);
    assert.deepEqual(later.slice(0, 3), rest);
    const positions = [...first, ...later].map(({ position }) => position);
    assert.deepEqual(
      positions,
      positions.toSorted((one, other) => one - other),
    );
    assert.equal(new Set(positions).size, 6);
  });

  promise('one tells events at a time, until its time is over or it asks again', async (bench) => {
    await bench.start();
    assert.equal((await claim(bench))?.length, 1);
    assert.equal(await claim(bench, { holder: 'node-2' }), null);
    await bench.advance(0.75 * leaseMs);
    assert.equal((await claim(bench))?.length, 1);
    await bench.advance(0.75 * leaseMs);
    assert.equal(await claim(bench, { holder: 'node-2' }), null);
    await bench.advance(0.5 * leaseMs);
    assert.equal((await claim(bench, { holder: 'node-2' }))?.length, 1);
    assert.equal(await claim(bench), null);
  });

  promise('who tells events may leave it to others before its time is over', async (bench) => {
    await bench.start();
    await claimed(bench);
    await bench.storage.events.releaseEvents('node-2');
    assert.equal(await claim(bench, { holder: 'node-2' }), null);
    await bench.storage.events.releaseEvents('node-1');
    assert.equal((await claim(bench, { holder: 'node-2' }))?.length, 1);
    assert.equal(await claim(bench), null);
  });

  promise('what nobody was told of for a week is dropped, and what is reset', async (bench) => {
    await bench.start();
    await bench.advance(6 * dayMs);
    await bench.storage.purge(100);
    assert.ok((await typesOf(bench)).includes('verification.started'));
    await bench.advance(dayMs + minuteMs);
    await bench.storage.purge(100);
    assert.ok(!(await typesOf(bench)).includes('verification.started'));
    await bench.start();
    await bench.storage.sandbox.reset(bench.applicationId);
    assert.deepEqual(await claimed(bench), []);
  });
}
