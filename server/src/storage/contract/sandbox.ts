import assert from 'node:assert/strict';
import {
  type Bench,
  type DefinePromise,
  hashOf,
  inParallel,
  key,
  limited,
  makeId,
} from './fixture.ts';

function put(bench: Bench, changes: { recipient?: string; applicationId?: string } = {}) {
  return bench.storage.sandbox.putMessage({
    id: makeId('msg'),
    applicationId: changes.applicationId ?? bench.applicationId,
    recipientHash: hashOf(changes.recipient ?? '+14155550123'),
    channel: 'sms',
    verificationId: null,
    sealed: 'sealed message',
  });
}

function list(bench: Bench, limit: number, recipient: string | null = null) {
  const recipientHash = recipient === null ? null : hashOf(recipient);
  const { applicationId } = bench;
  return bench.storage.sandbox.listMessages({ applicationId, recipientHash, limit });
}

export function testSandbox(promise: DefinePromise): void {
  promise('a guess whose verification was forgotten since finds none', async (bench) => {
    const { verification } = await bench.start();
    const consumed = await bench.consume(verification.id);
    await bench.storage.sandbox.reset(bench.applicationId);
    await assert.rejects(bench.settle(consumed, true), /the verification was forgotten/);
  });

  promise('the virtual phone keeps the newest 2,000 messages', async (bench) => {
    await put(bench, { recipient: 'first' });
    await put(bench, { applicationId: await bench.createApplication(), recipient: 'foreign' });
    await inParallel(1_999, () => put(bench));
    assert.equal((await list(bench, 10, 'first')).length, 1);
    const { atMs } = await put(bench, { recipient: 'last' });
    assert.equal((await list(bench, 10, 'first')).length, 0);
    assert.equal((await list(bench, 5_000)).length, 2_000);
    const [newest, ...more] = await list(bench, 3);
    assert.equal(newest?.recipientHash, hashOf('last'));
    assert.equal(newest?.atMs, atMs);
    assert.equal(more.length, 2);
    assert.equal((await list(bench, 10, 'foreign')).length, 0);
  });

  promise('a reset forgets one application’s doings and keeps its settings', async (bench) => {
    const other = await bench.createApplication();
    const ledgers = [limited('+14155550123', 1, 3_600)];
    const start = { ledgers, idempotency: key('a'), hasCallback: true, leaseMs: 0 };
    const { verification } = await bench.start(start);
    const foreign = await bench.start({ applicationId: other, ledgers, leaseMs: 0 });
    await put(bench);
    const template = { name: 'login', state: 'draft', purposes: [], variants: [] } as const;
    await bench.storage.saveTemplate(bench.applicationId, template);

    await bench.storage.sandbox.reset(bench.applicationId);
    await bench.storage.sandbox.reset(makeId('app'));
    const { storage, applicationId } = bench;
    assert.equal(await storage.readVerification(applicationId, verification.id), null);
    assert.deepEqual((await bench.list()).items, []);
    assert.deepEqual(await list(bench, 10), []);
    assert.equal((await storage.listTemplates(applicationId)).length, 1);
    assert.ok(await storage.readApplication(applicationId));
    assert.ok(await storage.readVerification(other, foreign.verification.id));
    const claimed = await storage.claimDeliveries(10, 1_000);
    assert.deepEqual(
      claimed.map(({ delivery }) => delivery.applicationId),
      [other],
    );
    assert.deepEqual(await storage.claimCallbacks(10, 1_000), []);
    await bench.start(start);
  });
}
