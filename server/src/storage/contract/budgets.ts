import assert from 'node:assert/strict';
import type { BudgetEntry } from '#service/ports.ts';
import { attempt } from './deliveries.ts';
import { type Bench, type DefinePromise, dayMs, inParallel } from './fixture.ts';

const unit = 1_000_000;

function all(micros: number, maxMicros: number): BudgetEntry {
  return { scope: 'all', micros, maxMicros, currency: 'USD' };
}

/** Starts for a recipient of its own, with a quote that the budget has to hold. */
function startFor(bench: Bench, index: number, budgets: readonly BudgetEntry[]) {
  const quoteMicros = budgets[0]?.micros ?? null;
  const deliveries = [bench.delivery({ quoteMicros, currency: 'USD' })];
  return bench.tryStart({ recipient: `+1415555${index}`, budgets, deliveries });
}

async function startedDelivery(bench: Bench, index: number, budgets: readonly BudgetEntry[]) {
  const outcome = await startFor(bench, index, budgets);
  assert.equal(outcome.kind, 'started', JSON.stringify(outcome));
  return outcome.kind === 'started' ? (outcome.deliveries[0]?.id ?? '') : '';
}

export function testBudgets(promise: DefinePromise): void {
  promise('parallel starts never promise more than the budget of a day', async (bench) => {
    const outcomes = await inParallel(20, (index) => startFor(bench, index, [all(unit, 5 * unit)]));
    assert.equal(outcomes.filter(({ kind }) => kind === 'started').length, 5);
    const refused = outcomes.find((outcome) => outcome.kind === 'refused');
    assert.equal(refused?.refusal.code, 'budget_exhausted');
    const limit = { name: 'application_budget_day', max: 5, windowSeconds: 86_400 };
    assert.deepEqual(refused?.refusal.limit, limit);
    const nowMs = await bench.storage.now();
    const midnightSeconds = Math.ceil((dayMs - (nowMs % dayMs)) / 1_000);
    const offMs = Math.abs((refused?.refusal.retryAfterSeconds ?? 0) - midnightSeconds);
    assert.ok(offMs <= 2, 'Retry-After reaches until midnight UTC');
    await bench.advance(midnightSeconds * 1_000);
    assert.equal((await startFor(bench, 50, [all(unit, 5 * unit)])).kind, 'started');
  });

  promise('a country has a budget of its own', async (bench) => {
    const country: BudgetEntry = { scope: 'US', micros: unit, maxMicros: unit, currency: 'USD' };
    assert.equal((await startFor(bench, 1, [all(unit, 9 * unit), country])).kind, 'started');
    const outcome = await startFor(bench, 2, [all(unit, 9 * unit), country]);
    assert.equal(outcome.kind === 'refused' && outcome.refusal.limit?.name, 'country_budget_day');
    const other = { ...country, scope: 'DE' };
    assert.equal((await startFor(bench, 3, [all(unit, 9 * unit), other])).kind, 'started');
  });

  promise('several messages of one start must fit together', async (bench) => {
    const three = [all(unit, 2 * unit), all(unit, 2 * unit), all(unit, 2 * unit)];
    assert.equal((await startFor(bench, 1, three)).kind, 'refused');
    assert.equal((await startFor(bench, 2, three.slice(1))).kind, 'started');
  });

  promise('another currency than the one spent today is refused', async (bench) => {
    assert.equal((await startFor(bench, 1, [all(unit, 9 * unit)])).kind, 'started');
    const euros = { ...all(unit, 9 * unit), currency: 'EUR' };
    assert.equal((await startFor(bench, 2, [euros])).kind, 'refused');
  });

  promise('what a message really cost takes the place of its quote', async (bench) => {
    const budgets = [all(2 * unit, 4 * unit)];
    const id = await startedDelivery(bench, 1, budgets);
    const costMicros = unit / 2;
    await bench.storage.recordAttempts([attempt(id, { costMicros, currency: 'USD' })]);
    // 0.5 spent: one of 3.5 fits exactly and nothing after it.
    assert.equal((await startFor(bench, 2, [all(3.5 * unit, 4 * unit)])).kind, 'started');
    assert.equal((await startFor(bench, 3, [all(1, 4 * unit)])).kind, 'refused');
  });

  promise('a message that was never sent gives its quote back, once', async (bench) => {
    const budgets = [all(unit, 2 * unit)];
    const id = await startedDelivery(bench, 1, budgets);
    await startedDelivery(bench, 2, budgets);
    const failed = attempt(id, { status: 'failed', error: 'refused' });
    await bench.storage.recordAttempts([failed, failed]);
    await bench.storage.recordAttempts([failed]);
    assert.equal((await startFor(bench, 3, budgets)).kind, 'started');
    assert.equal((await startFor(bench, 4, budgets)).kind, 'refused');
  });

  promise('a resend beyond the budget changes nothing', async (bench) => {
    const { verification } = await bench.start({ budgets: [all(unit, unit)] });
    await bench.advance(60_000);
    const outcome = await bench.tryResend(verification.id, { budgets: [all(unit, unit)] });
    assert.equal(outcome.kind, 'refused');
    assert.deepEqual(await bench.read(verification.id), verification);
  });
}
