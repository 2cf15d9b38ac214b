import assert from 'node:assert/strict';
import { formatId, headOf, idRandomLength, shardOfId } from '#domain/id.ts';
import { type DefinePromise, dayMs, makeIdAt } from './fixture.ts';

function placeOf(id: string): { head: number; shard: number } {
  return { head: headOf(id, 'vf') ?? -1, shard: shardOfId(id) };
}

export function testHandles(promise: DefinePromise): void {
  promise('a verification is found by what a handle holds of its id', async (bench) => {
    const nowMs = await bench.storage.now();
    const head = headOf(makeIdAt('vf', nowMs), 'vf') ?? 0;
    const sharded = formatId('vf', head, new Uint8Array(idRandomLength), 513);
    const ids = [makeIdAt('vf', nowMs - 80 * dayMs), makeIdAt('vf', nowMs - dayMs), sharded];
    for (const [index, id] of ids.entries()) {
      await bench.start({ id, recipient: `+1415555010${index}` });
    }
    await bench.reopen();
    const { storage, applicationId } = bench;
    for (const id of ids) {
      assert.deepEqual(await storage.findByHandle(applicationId, placeOf(id)), [id]);
    }
    const other = await bench.createApplication();
    const place = placeOf(sharded);
    assert.deepEqual(await storage.findByHandle(other, place), []);
    assert.deepEqual(await storage.findByHandle('app_unknown', place), []);
    const elsewhere = [
      { ...place, shard: 512 },
      { ...place, head: place.head + 1 },
      { head: 0, shard: 0 },
      { head: Number.MAX_SAFE_INTEGER, shard: 1023 },
    ];
    for (const one of elsewhere) {
      assert.deepEqual(await storage.findByHandle(applicationId, one), []);
    }
  });
}
