import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  createTestProvider,
  type OpenedService,
  openService,
  take,
} from '#service/service.fixture.ts';
import type { Caller } from '#service/service.ts';

/**
 * `kill -9` at the moments that matter (security.md, G-05 and K-03), each in a real process: what
 * was spent stays spent, what was approved stays approved, and a message is sent twice at most.
 */
const dyingNode = fileURLToPath(new URL('./dying-node.fixture.ts', import.meta.url));

interface Survivor {
  readonly node: OpenedService;
  readonly caller: Caller;
  readonly id: string;
  readonly code: string;
}

/** Kills a node at a moment, and opens its folder again. */
async function survive(moment: string, look: (survivor: Survivor) => Promise<void>) {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-killed-'));
  const child = spawn(process.execPath, [dyingNode, folder, moment], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [printed, [, signal]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  assert.equal(signal, 'SIGKILL', 'it died of nothing else');
  const { applicationId, id, code } = JSON.parse(printed) as Record<string, string>;
  assert.ok(applicationId !== undefined && id !== undefined && code !== undefined);
  const node = await openService({ folder, providers: [createTestProvider()] });
  try {
    const application = take(await node.service.readApplication(applicationId));
    await look({ node, caller: { application, origin: 'api' }, id, code });
    await node.whenIdle();
  } finally {
    await node.abandon();
    rmSync(folder, { recursive: true });
  }
}

/** The request of the node that died, under its own key. */
function repeat({ node, caller, id, code }: Survivor) {
  const check = { verificationId: id, code };
  return node.service.checkCode(caller, check, 'the key of the guess');
}

describe('after kill -9', { concurrency: true }, () => {
  for (const moment of ['a guess was spent', 'a guess was compared']) {
    test(`when ${moment}, it stays spent, and its own request goes on with it`, async () => {
      await survive(moment, async (survivor) => {
        const { node, caller, id } = survivor;
        const found = take(await node.service.readVerification(caller, id));
        assert.deepEqual([found.status, found.checksLeft], ['pending', 4]);
        const verdict = take(await repeat(survivor)).view;
        assert.deepEqual([verdict.approved, verdict.checksLeft], [true, 0]);
        assert.ok(verdict.proof);
        assert.equal(node.comparisons(id), 1);
      });
    });
  }

  test('when a guess was settled, its own request finds the approval, no other', async () => {
    await survive('a guess was settled', async (survivor) => {
      const { node, caller, id, code } = survivor;
      const other = await node.check(caller, id, code);
      assert.deepEqual([other.approved, other.reason], [false, 'already_used']);
      const verdict = take(await repeat(survivor)).view;
      assert.deepEqual([verdict.approved, verdict.reason], [true, null]);
      assert.ok(verdict.proof);
      assert.equal(node.comparisons(id), 0, 'nothing is compared again');
    });
  });

  test('when a provider took the message, it is sent once more, the same and marked', async () => {
    await survive('a provider took the message', async ({ node, caller, id, code }) => {
      for (let round = 0; round < 3; round++) {
        await node.maintenance.deliverDue();
        await node.whenIdle();
      }
      assert.deepEqual(
        node.provider.handed.map((message) => [message.code, message.isPossibleDuplicate]),
        [[code, true]],
      );
      const { deliveries } = take(await node.service.readVerification(caller, id));
      assert.deepEqual(
        deliveries.map(({ status }) => status),
        ['sent'],
      );
      assert.equal((await node.check(caller, id, code)).approved, true);
    });
  });
});
