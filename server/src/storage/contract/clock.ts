import assert from 'node:assert/strict';
import { type DefinePromise, inParallel, minuteMs } from './fixture.ts';

export function testClock(promise: DefinePromise): void {
  promise('the time is the machine’s, until it is moved', async (bench) => {
    const offMs = Math.abs((await bench.storage.now()) - Date.now());
    assert.ok(offMs < 2_000, `${offMs} ms off`);
  });

  promise('moved time stays moved over reopening, and adds up', async (bench) => {
    const before = await bench.storage.now();
    const moved = await bench.advance(60 * minuteMs);
    assert.ok(moved >= before + 60 * minuteMs);
    assert.ok((await bench.advance(0)) >= moved);
    await bench.reopen();
    const after = await bench.advance(60 * minuteMs);
    assert.ok(after >= moved + 60 * minuteMs);
    assert.ok(after < moved + 61 * minuteMs);
  });

  promise('what is due expires, a step at a time', async (bench) => {
    const started = await inParallel(7, (index) => bench.start({ recipient: `+1415555${index}` }));
    const late = await bench.start({ lifetimeMs: 10 * minuteMs });
    assert.deepEqual(await bench.storage.expireDue(5), { expired: [], more: false });
    await bench.advance(5 * minuteMs);
    const first = await bench.storage.expireDue(5);
    assert.deepEqual([first.expired.length, first.more], [5, true]);
    const second = await bench.storage.expireDue(5);
    assert.deepEqual([second.expired.length, second.more], [2, false]);
    const expired = [...first.expired, ...second.expired];
    assert.ok(expired.every(({ applicationId }) => applicationId === bench.applicationId));
    assert.deepEqual(
      expired.map(({ id }) => id).sort(),
      started.map(({ verification }) => verification.id).sort(),
    );
    for (const { verification } of started) {
      const record = await bench.read(verification.id);
      assert.deepEqual([record.status, record.sealedCode], ['expired', null]);
      const atMs = verification.expiresAtMs;
      assert.equal(record.finishedAtMs, atMs);
      assert.deepEqual(record.history.at(-1), { atMs, event: 'expired', detail: null });
    }
    assert.equal((await bench.read(late.verification.id)).status, 'pending');
  });

  promise('a check, a start and an expiry at once end a verification one way', async (bench) => {
    for (let round = 0; round < 10; round++) {
      const recipient = `+1415555${round}`;
      const { verification } = await bench.start({ recipient });
      const consumed = await bench.consume(verification.id);
      const [, settled, , { expired }] = await Promise.all([
        bench.advance(5 * minuteMs),
        bench.settle(consumed, true),
        bench.start({ recipient }),
        bench.storage.expireDue(10),
      ]);
      const { status } = await bench.read(verification.id);
      // Canceled by the start, where that came before the clock was moved.
      assert.ok(['expired', 'approved', 'canceled'].includes(status), status);
      assert.equal(status === 'approved', settled.reason === null);
      if (expired.some(({ id }) => id === verification.id)) assert.equal(status, 'expired');
    }
  });
}
