import assert from 'node:assert/strict';
import { type Bench, type DefinePromise, dayMs, inParallel, limited, minuteMs } from './fixture.ts';

/** Runs purge steps of a few rows until there is no more, and answers how many it took. */
async function purgeAll(bench: Bench): Promise<number> {
  for (let steps = 1; steps < 500; steps++) {
    if (!(await bench.storage.purge(7)).more) return steps;
  }
  throw new Error('The purge does not end.');
}

export function testPurge(promise: DefinePromise): void {
  promise('recipients are erased after 30 days, verifications after 90', async (bench) => {
    const started = await inParallel(20, (index) => bench.start({ recipient: `+1415555${index}` }));
    await bench.advance(30 * dayMs - 5 * minuteMs);
    const young = await bench.start({ recipient: '+14155559999' });
    await bench.storage.expireDue(100);
    await purgeAll(bench);
    const ids = started.map(({ verification }) => verification.id);
    for (const id of ids) assert.equal((await bench.read(id)).sealedRequest, 'sealed request');
    await bench.advance(6 * minuteMs);
    assert.ok((await purgeAll(bench)) > 1, 'it takes several steps');
    for (const id of ids) assert.equal((await bench.read(id)).sealedRequest, null);
    const kept = await bench.read(young.verification.id);
    assert.equal(kept.sealedRequest, 'sealed request');

    await bench.advance(60 * dayMs);
    await purgeAll(bench);
    assert.deepEqual(
      (await bench.list()).items.map(({ verification }) => verification.id),
      [young.verification.id],
    );
  });

  promise('a purge keeps what limits and live verifications need', async (bench) => {
    const ledgers = [limited('+14155550123', 2, 86_400)];
    await bench.start({ ledgers });
    const live = await bench.start({ ledgers });
    const failing = await bench.start({ recipient: '+14155550199' });
    await bench.wrongGuesses(failing.verification.id, 5);
    await purgeAll(bench);
    await bench.advance(dayMs - minuteMs);
    await bench.storage.expireDue(100);
    await purgeAll(bench);
    assert.equal((await bench.tryStart({ ledgers })).kind, 'refused');
    assert.equal((await bench.read(live.verification.id)).status, 'expired');
    await bench.advance(2 * minuteMs);
    await purgeAll(bench);
    assert.equal((await bench.tryStart({ ledgers })).kind, 'started');
  });
}
