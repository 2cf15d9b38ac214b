import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApp, pointersOf } from '#api/app.fixture.ts';

function openMoving() {
  const moved: number[] = [];
  const opened = openApp(
    {},
    {
      async advanceClock(seconds) {
        moved.push(seconds);
        return { nowMs: Date.parse('2026-03-01T09:35:00.000Z') };
      },
    },
  );
  return { ...opened, moved };
}

test('the clock moves forward and says what time it is', async () => {
  const { call, moved } = openMoving();
  const response = await call('POST', '/v1/sandbox/clock', { advanceSeconds: 300 });
  assert.equal(response.statusCode, 200);
  assert.deepEqual(response.json(), { now: '2026-03-01T09:35:00.000Z' });
  assert.equal((await call('POST', '/v1/sandbox/clock', { advanceSeconds: 0 })).statusCode, 200);
  assert.deepEqual(moved, [300, 0]);
});

test('the clock never moves back, nor by anything that is no whole number of seconds', async () => {
  const { call, moved } = openMoving();
  for (const advanceSeconds of [-1, 0.5, '300', null, true, 1e12, [], {}]) {
    const response = await call('POST', '/v1/sandbox/clock', { advanceSeconds });
    assert.deepEqual([response.statusCode, pointersOf(response)], [422, ['/advanceSeconds']]);
  }
  assert.deepEqual(moved, []);
});
