/**
 * What the statements that requests cause look like, taken from the log of the server: that they
 * lead to one shard each, and find their rows by index however much is kept.
 */
import assert from 'node:assert/strict';
import type { BudgetEntry } from '#service/ports.ts';
import { hashOf, key, newDelivery } from '#storage/contract/fixture.ts';
import { readTime, requireFuture } from '#storage/postgres/clock.ts';
import { planning } from '#storage/postgres/hot-connection.ts';
import { type Cluster, onPostgres } from '#storage/postgres/postgres.fixture.ts';
import { guess, sent, start, startOf } from '#storage/postgres/steps.fixture.ts';

const { test } = onPostgres();

/** One row, the same on every machine. */
const onClock: readonly string[] = [readTime, requireFuture];

/** Everything that a request can ask of the storage, with every limit there is. */
async function useEverything(cluster: Cluster): Promise<void> {
  const storage = await cluster.open();
  const { applicationId } = cluster;
  const micros = 1_000_000;
  const budgets: BudgetEntry[] = [{ scope: 'all', micros, maxMicros: 9 * micros, currency: 'USD' }];
  const address = { key: hashOf('203.0.113.0/24'), limits: [] };
  const deliveries = [newDelivery({ quoteMicros: micros, currency: 'USD' })];
  const recipient = '+14155550123';
  const ledgers = [hashOf(recipient), address.key].map((one) => ({
    key: one,
    count: 1,
    limits: [],
  }));
  for (const name of ['first', 'second']) {
    const idempotency = key(name);
    const options = { budgets, deliveries, ledgers, idempotency, hasCallback: true };
    const step = startOf(cluster, recipient, options);
    assert.equal(await storage.findRepeated(idempotency), null);
    const id = await start(storage, step);
    await storage.keepAnswer(idempotency.keyHash, 'sealed answer');
    const [delivery] = step.deliveries;
    assert.ok(delivery);
    await storage.renewLeases([delivery.id], 1_000);
    await storage.recordAttempts([{ ...sent(delivery.id), costMicros: 1, currency: 'USD' }]);
    const receipt = { deliveryId: delivery.id, status: 'delivered', error: null } as const;
    await storage.recordReceipt(receipt);
    await guess(storage, cluster, id, false);
    await storage.consumeGuess({
      ...{ applicationId, verificationId: id, address, transactionHash: undefined },
      ...{ transactionRequired: false, idempotency: key(`check ${name}`) },
    });
    await storage.readVerification(applicationId, id);
    await storage.sandbox.advanceClock(60_000);
    const resent = await storage.resendCode({
      ...{ applicationId, verificationId: id, code: null, codeVersion: 1, channel: 'sms' },
      ...{ deliveries: [], ledgers, budgets, idempotency: key(`resend ${name}`), leaseMs: 1_000 },
    });
    assert.equal(resent.kind, 'resent');
    await storage.findLive(applicationId, hashOf(recipient), `login\n${hashOf(recipient)}`);
    if (name === 'first') continue;
    const idle = { applicationId, verificationId: id, event: 'cancel', idempotency: null } as const;
    assert.equal((await storage.cancelVerification(idle)).kind, 'canceled');
  }
  await storage.close();
}

/** The texts that were run under a name, which only those of requests are. */
async function hotStatements(cluster: Cluster): Promise<readonly string[]> {
  const [row] = await cluster.query('SELECT current_database() AS name');
  await cluster.query(`ALTER DATABASE ${row?.['name']} SET log_min_duration_statement = 0`);
  await useEverything(cluster);
  const executed = cluster.server.log().matchAll(/ execute s\d+: (.*)$/gm);
  const texts = [...new Set([...executed].map(([, text]) => text ?? ''))];
  assert.ok(texts.length > 12, texts.join('\n'));
  return texts;
}

test('every statement of a request names the shard of each row it works on', async (cluster) => {
  for (const text of await hotStatements(cluster)) {
    if (onClock.includes(text)) continue;
    const tables = [...text.matchAll(/(?:JOIN|UPDATE) (\w+) (\w+)/g)];
    for (const [, table, alias] of tables) {
      assert.match(text, new RegExp(`\\b${alias}\\.shard = [kn]\\.shard\\b`), `${table}: ${text}`);
    }
    const isInsert = /INSERT INTO \w+ \([^)]*\bshard\b/.test(text);
    const isSpending = text.includes('watchword_spend(shard, ');
    assert.ok(tables.length > 0 || isInsert || isSpending, text);
  }
});

test('no statement of a request reads a table from end to end', async (cluster) => {
  const texts = await hotStatements(cluster);
  await cluster.query(planning);
  for (const [index, text] of texts.entries()) {
    if (onClock.includes(text)) continue;
    const count = Math.max(
      0,
      ...[...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)),
    );
    await cluster.query(`PREPARE hot${index} AS ${text}`);
    const nulls = Array(count).fill('NULL').join(', ');
    const rows = await cluster.query(`EXPLAIN EXECUTE hot${index}(${nulls})`);
    const plan = rows.map((row) => String(row['QUERY PLAN'])).join('\n');
    assert.doesNotMatch(plan, /Seq Scan|Bitmap|Hash Join|Merge Join/, `${text}\n${plan}`);
  }
});

test('an ending touches no index: the row of a verification stays where it is', async (cluster) => {
  const storage = await cluster.open();
  for (let index = 0; index < 20; index++) {
    const id = await start(storage, startOf(cluster, `+1415555${index}`));
    assert.equal(await guess(storage, cluster, id, true), 'approved');
  }
  await storage.close();
  const changes = `
    SELECT sum(n_tup_upd)::int AS all, sum(n_tup_hot_upd)::int AS hot FROM pg_stat_user_tables
    WHERE relname LIKE 'verification\\_2%'`;
  for (let tries = 0; tries < 1_000; tries++) {
    const [row] = await cluster.query(changes);
    if (row?.['all'] !== 20) continue;
    assert.equal(row['hot'], 20);
    return;
  }
  assert.fail('The statistics never came.');
});
