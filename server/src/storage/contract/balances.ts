import assert from 'node:assert/strict';
import { balanceScope, balanceUnit, microsPerMessage } from '#domain/balance.ts';
import type { BudgetEntry } from '#service/ports.ts';
import { attempt } from './deliveries.ts';
import { type Bench, type DefinePromise, dayMs, inParallel } from './fixture.ts';

/** What one start takes of a balance of `messages` that was set at a moment. */
function taking(messages: number, of: { count?: number; setAtMs?: number } = {}): BudgetEntry {
  const { count = 1, setAtMs = 1 } = of;
  return {
    scope: balanceScope({ messages, setAtMs }),
    micros: count * microsPerMessage,
    maxMicros: messages * microsPerMessage,
    currency: balanceUnit,
  };
}

function startFor(bench: Bench, index: number, entry: BudgetEntry) {
  return bench.tryStart({ recipient: `+1415555${index}`, budgets: [entry] });
}

async function takenOf(bench: Bench, setAtMs = 1): Promise<number> {
  const scope = balanceScope({ messages: 0, setAtMs });
  return (await bench.storage.readSpent(bench.applicationId, scope)) / microsPerMessage;
}

export function testBalances(promise: DefinePromise): void {
  promise('parallel starts hand over no more messages than a balance has', async (bench) => {
    assert.equal(await takenOf(bench), 0);
    const outcomes = await inParallel(20, (index) => startFor(bench, index, taking(5)));
    assert.equal(outcomes.filter(({ kind }) => kind === 'started').length, 5);
    const refused = outcomes.flatMap((one) => (one.kind === 'refused' ? [one.refusal] : []));
    assert.equal(refused.length, 15);
    for (const { code, limit, retryAfterSeconds } of refused) {
      assert.deepEqual(
        [code, limit, retryAfterSeconds],
        ['balance_exhausted', undefined, undefined],
      );
    }
    assert.equal(await takenOf(bench), 5);
  });

  promise('a start that a balance refuses is kept as blocked, and says by what', async (bench) => {
    const step = bench.startStep({ budgets: [taking(0)] });
    assert.equal((await bench.storage.startVerification(step)).kind, 'refused');
    const { status, blockedReason } = await bench.read(step.verification.id);
    assert.deepEqual([status, blockedReason], ['blocked', 'balance_exhausted']);
    assert.equal(await takenOf(bench), 0);
  });

  promise('neither a day nor a purge gives a balance back', async (bench) => {
    assert.equal((await startFor(bench, 1, taking(2))).kind, 'started');
    await bench.advance(30 * dayMs);
    while ((await bench.storage.purge(100)).more);
    await bench.reopen();
    assert.equal(await takenOf(bench), 1);
    assert.equal((await startFor(bench, 2, taking(2))).kind, 'started');
    assert.equal((await startFor(bench, 3, taking(2))).kind, 'refused');
  });

  promise('a balance that is set anew begins whole, also with as many', async (bench) => {
    assert.equal((await startFor(bench, 1, taking(1))).kind, 'started');
    assert.equal((await startFor(bench, 2, taking(1))).kind, 'refused');
    assert.equal((await startFor(bench, 2, taking(1, { setAtMs: 2 }))).kind, 'started');
    assert.equal((await startFor(bench, 3, taking(1, { setAtMs: 2 }))).kind, 'refused');
    assert.deepEqual([await takenOf(bench), await takenOf(bench, 2)], [1, 1]);
  });

  testWhatIsTaken(promise);
}

function testWhatIsTaken(promise: DefinePromise): void {
  promise('the messages of one start are taken together or not at all', async (bench) => {
    assert.equal((await startFor(bench, 1, taking(2, { count: 3 }))).kind, 'refused');
    assert.equal(await takenOf(bench), 0);
    assert.equal((await startFor(bench, 2, taking(2, { count: 2 }))).kind, 'started');
    assert.equal(await takenOf(bench), 2);
  });

  promise('a resend takes of the balance too, and beyond it changes nothing', async (bench) => {
    const { verification } = await bench.start({ budgets: [taking(2)] });
    await bench.advance(60_000);
    const resent = await bench.tryResend(verification.id, { budgets: [taking(2)] });
    assert.equal(resent.kind, 'resent');
    await bench.advance(120_000);
    const before = await bench.read(verification.id);
    const codeVersion = before.codeVersion;
    const refused = await bench.tryResend(verification.id, { codeVersion, budgets: [taking(2)] });
    assert.equal(refused.kind === 'refused' && refused.refusal.code, 'balance_exhausted');
    assert.deepEqual(await bench.read(verification.id), before);
    assert.equal(await takenOf(bench), 2);
  });

  promise('what no provider took stays taken, and money is settled apart', async (bench) => {
    const money = { scope: 'all', micros: 10, maxMicros: 10, currency: 'USD' };
    const quote = { quoteMicros: 10, currency: 'USD' };
    const budgets = [taking(2), money];
    const deliveries = [bench.delivery(quote)];
    const started = await bench.start({ recipient: '+14155551', budgets, deliveries });
    const id = started.deliveries[0]?.id ?? '';
    await bench.storage.recordAttempts([attempt(id, { status: 'failed', error: 'refused' })]);
    assert.equal(await takenOf(bench), 1);
    assert.equal(await bench.storage.readSpent(bench.applicationId, 'all'), 0);
    await bench.start({ recipient: '+14155552', budgets, deliveries: [bench.delivery(quote)] });
    assert.equal(await takenOf(bench), 2);
  });

  promise(
    'a balance is one application’s alone, and a reset forgets what was taken',
    async (bench) => {
      assert.equal((await startFor(bench, 1, taking(1))).kind, 'started');
      const applicationId = await bench.createApplication();
      const other = await bench.tryStart({ applicationId, budgets: [taking(1)] });
      assert.equal(other.kind, 'started');
      const scope = balanceScope({ messages: 1, setAtMs: 1 });
      assert.equal(await bench.storage.readSpent('app_unknown', scope), 0);
      await bench.storage.sandbox.reset(bench.applicationId);
      assert.equal(await takenOf(bench), 0);
      assert.equal(await bench.storage.readSpent(applicationId, scope), microsPerMessage);
    },
  );
}
