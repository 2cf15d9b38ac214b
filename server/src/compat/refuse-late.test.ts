import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuseLate } from '#compat/refuse-late.ts';
import type { OpenedCredential } from '#service/facade-port.ts';

const refusalMs = 1_000;

interface Given {
  readonly opened?: OpenedCredential | null;
  readonly secrets?: Readonly<Record<string, string>>;
}

/** How long an answer takes whose comparison takes so long, on a clock of the test's own. */
async function timeOf(
  comparisonMs: number,
  { opened = null, secrets = { password: 'x' } }: Given = {},
): Promise<number> {
  let nowMs = 17;
  const time = {
    nowMs: () => nowMs,
    async wait(ms: number) {
      nowMs += ms;
    },
  };
  async function authenticateWith(): Promise<OpenedCredential | null> {
    nowMs += comparisonMs;
    return opened;
  }
  const late = refuseLate(authenticateWith, refusalMs, time);
  assert.equal(await late('vendor', { publicId: 'store.till1', secrets }), opened);
  return nowMs - 17;
}

test('a wrong secret and a name that nobody has are refused at the same moments', async () => {
  for (const comparisonMs of [0, 0.2, 250, 999]) assert.equal(await timeOf(comparisonMs), 1_000);
  assert.equal(await timeOf(1_000.5), 2_000);
});

test('who is right waits for nothing, nor does a key that is its own name', async () => {
  assert.equal(await timeOf(250, { opened: {} as OpenedCredential }), 250);
  assert.equal(await timeOf(1, { secrets: {} }), 1);
});
