import assert from 'node:assert/strict';
import { headOf } from '#domain/id.ts';
import {
  type Bench,
  type DefinePromise,
  dayMs,
  hashOf,
  inParallel,
  makeIdAt,
  minuteMs,
} from './fixture.ts';

type Query = Parameters<Bench['list']>[0];

/** Every page of a list; each but the last says where the next one begins. */
async function readPages(bench: Bench, query: Query, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let before: number | null = null;
  for (let page = 0; page < 200; page++) {
    const { items, next }: Awaited<ReturnType<Bench['list']>> = await bench.list({
      ...query,
      limit,
      before,
    });
    assert.ok(items.length <= limit);
    ids.push(...items.map(({ verification }) => verification.id));
    if (next === null) return ids;
    before = next;
  }
  throw new Error('The list does not end.');
}

export function testLists(promise: DefinePromise): void {
  promise('pages hold each verification once, newest first', async (bench) => {
    await inParallel(17, (index) => bench.start({ recipient: `+1415555${index}` }));
    const foreign = await bench.createApplication();
    await bench.start({ applicationId: foreign });
    const all = await readPages(bench, {}, 200);
    assert.equal(all.length, 17);
    const heads = all.map((id) => headOf(id, 'vf') ?? 0);
    assert.deepEqual(
      heads,
      [...heads].sort((first, second) => second - first),
    );
    for (const limit of [1, 2, 5, 16, 17]) {
      assert.deepEqual(await readPages(bench, {}, limit), all, `pages of ${limit}`);
    }
    const single = await bench.list({ limit: 17 });
    assert.equal(single.next, null);
  });

  promise('each filter lists what matches it, together with the others', async (bench) => {
    const recipients = ['+14155550001', '+14155550002'];
    for (const recipient of recipients) {
      for (const purpose of ['login', 'payment']) {
        for (const reference of ['order-1', 'order-2', null]) {
          const { verification } = await bench.start({ recipient, purpose, reference });
          if (reference === 'order-1') await bench.guess(verification.id, true);
        }
      }
    }
    const expected: [Query, number][] = [
      [{}, 12],
      [{ status: 'approved' }, 4],
      [{ status: 'canceled' }, 4],
      [{ status: 'pending' }, 4],
      [{ status: 'blocked' }, 0],
      [{ purpose: 'login' }, 6],
      [{ recipientHash: hashOf('+14155550001') }, 6],
      [{ recipientHash: hashOf('nobody') }, 0],
      [{ reference: 'order-1' }, 4],
      [{ reference: 'order-9' }, 0],
      [{ reference: 'order-1', purpose: 'login', status: 'approved' }, 2],
      [{ recipientHash: hashOf('+14155550001'), reference: 'order-2', purpose: 'payment' }, 1],
      [{ applicationId: await bench.createApplication() }, 0],
      [{ applicationId: 'app_unknown' }, 0],
    ];
    for (const [query, count] of expected) {
      for (const limit of [1, 100]) {
        const ids = await readPages(bench, query, limit);
        assert.equal(ids.length, count, JSON.stringify(query));
        assert.equal(new Set(ids).size, count);
      }
    }
    await bench.advance(5 * minuteMs);
    // Time has ended them, whether or not anybody wrote it down.
    assert.equal((await readPages(bench, { status: 'expired' }, 100)).length, 4);
    assert.equal((await readPages(bench, { status: 'pending' }, 100)).length, 0);
  });

  promise('a recipient and a reference are found over all of retention', async (bench) => {
    const nowMs = await bench.storage.now();
    const ids: string[] = [];
    for (const days of [89, 60, 59.9, 30, 1, 0.2, 0]) {
      const id = makeIdAt('vf', nowMs - days * dayMs, ids.length);
      ids.unshift(id);
      await bench.start({ id, reference: 'order-1' });
      const other = makeIdAt('vf', nowMs - days * dayMs, ids.length + 1_000);
      await bench.start({ id: other, recipient: '+14155550199' });
    }
    for (const query of [
      { recipientHash: hashOf('+14155550123') },
      { reference: 'order-1' },
      { recipientHash: hashOf('+14155550123'), reference: 'order-1' },
    ]) {
      for (const limit of [1, 3, 100]) {
        assert.deepEqual(await readPages(bench, query, limit), ids, JSON.stringify(query));
      }
    }
  });
}
