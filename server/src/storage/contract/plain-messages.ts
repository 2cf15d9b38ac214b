import assert from 'node:assert/strict';
import type { AttemptResult } from '#service/ports.ts';
import { attempt } from './deliveries.ts';
import {
  type Bench,
  type DefinePromise,
  hashOf,
  inParallel,
  leaseMs,
  limited,
  minuteMs,
  type StartOptions,
} from './fixture.ts';

const hourMs = 60 * minuteMs;

/** What the service says of a plain message: its text in the place of a code, and no guess. */
const plain = {
  codeVersion: 0,
  purpose: 'message',
  sealedCode: 'sealed text',
  codeBits: 0,
  checksMax: 0,
  sendsMax: 1,
  lifetimeMs: hourMs,
} as const;

function send(bench: Bench, options: StartOptions = {}) {
  return bench.start({ ...plain, ...options });
}

async function record(bench: Bench, id: string, changes: Partial<AttemptResult>): Promise<void> {
  await bench.storage.recordAttempts([attempt(id, changes)]);
}

export function testPlainMessages(promise: DefinePromise): void {
  testTheirWay(promise);
  testTheirMoment(promise);

  promise('the text is erased with the hand-over, whatever came of it', async (bench) => {
    const results = [{ status: 'sent' }, { status: 'failed', error: 'No.' }] as const;
    for (const [index, result] of results.entries()) {
      const sent = await send(bench, { recipient: `+1415555${index}` });
      const id = sent.deliveries[0]?.id ?? '';
      await record(bench, id, { status: 'queued', retryInMs: minuteMs });
      assert.equal((await bench.read(sent.verification.id)).sealedCode, 'sealed text');
      await record(bench, id, result);
      const after = await bench.read(sent.verification.id);
      assert.deepEqual([after.sealedCode, after.status], [null, 'expired']);
      assert.equal((await bench.readDelivery(sent.verification.id)).status, result.status);
    }
  });

  promise('the text is erased by a receipt that comes first, and by time', async (bench) => {
    const told = await send(bench);
    const deliveryId = told.deliveries[0]?.id ?? '';
    await bench.storage.recordReceipt({ deliveryId, status: 'delivered', error: null });
    assert.equal((await bench.read(told.verification.id)).sealedCode, null);
    assert.equal((await bench.readDelivery(told.verification.id)).status, 'delivered');
    const late = await send(bench, { recipient: '+14155550124' });
    await record(bench, late.deliveries[0]?.id ?? '', { status: 'queued', retryInMs: 2 * hourMs });
    await bench.advance(hourMs);
    while ((await bench.storage.expireDue(100)).more);
    assert.equal((await bench.read(late.verification.id)).sealedCode, null);
    assert.equal((await bench.readDelivery(late.verification.id)).status, 'failed');
  });

  promise(
    'the text of a verification’s message is not erased with the hand-over',
    async (bench) => {
      const { verification, deliveries } = await bench.start();
      await record(bench, deliveries[0]?.id ?? '', { status: 'sent' });
      const { status, sealedCode } = await bench.read(verification.id);
      assert.deepEqual([status, sealedCode], ['pending', 'sealed code']);
    },
  );
}

function testTheirWay(promise: DefinePromise): void {
  promise('a plain message ends no verification, and none ends it', async (bench) => {
    const verification = await bench.start({ purpose: 'message' });
    const first = await send(bench);
    const second = await send(bench);
    assert.deepEqual([first.supersededId, second.supersededId], [null, null]);
    const rejecting = await bench.tryStart({ ...plain, secondStart: 'reject' });
    assert.equal(rejecting.kind, 'started');
    assert.equal((await bench.read(verification.verification.id)).status, 'pending');
    const later = await bench.start({ purpose: 'message' });
    assert.equal(later.supersededId, verification.verification.id);
    assert.equal((await bench.read(first.verification.id)).status, 'pending');
  });

  promise('no verb of verifications finds a plain message', async (bench) => {
    const { id } = (await send(bench)).verification;
    assert.equal((await bench.tryConsume(id)).kind, 'not_found');
    assert.equal((await bench.tryResend(id, { codeVersion: 0, code: null })).kind, 'not_found');
    assert.equal((await bench.cancel(id)).kind, 'not_found');
    const { applicationId } = bench;
    const recipientHash = hashOf('+14155550123');
    const live = await bench.storage.findLive(
      applicationId,
      recipientHash,
      `message\n${recipientHash}`,
    );
    assert.equal(live, null);
  });

  promise('plain messages and verifications are listed apart', async (bench) => {
    const verification = await bench.start();
    const message = await send(bench);
    const ids = async (kind?: 'message') =>
      (await bench.list(kind === undefined ? {} : { kind })).items.map(
        (one) => one.verification.id,
      );
    assert.deepEqual(await ids(), [verification.verification.id]);
    assert.deepEqual(await ids('message'), [message.verification.id]);
  });

  promise('limits count plain messages and verifications together', async (bench) => {
    const options = { ledgers: [limited('+14155550123', 5, 3_600)] };
    const outcomes = await inParallel(12, (index) =>
      bench.tryStart({ ...options, ...(index % 2 === 0 ? plain : { purpose: `p${index}` }) }),
    );
    assert.equal(outcomes.filter(({ kind }) => kind === 'started').length, 5);
    const blocked = await bench.list({ kind: 'message', status: 'blocked' });
    assert.ok(blocked.items.length >= 1);
    for (const { verification } of blocked.items) assert.equal(verification.sealedCode, null);
  });

  promise('a recipient who is not to be given codes can still be written to', async (bench) => {
    const { id } = (await bench.start({ checksMax: 10, codeBits: 60 })).verification;
    await bench.wrongGuesses(id, 10);
    assert.equal((await bench.tryStart({ purpose: 'other' })).kind, 'code_too_weak');
    assert.equal((await bench.tryStart(plain)).kind, 'started');
  });

  promise('a plain message that its node lost is claimed with its text', async (bench) => {
    const { verification } = await send(bench, { leaseMs: 0 });
    await bench.reopen();
    const [claimed] = await bench.storage.claimDeliveries(10, leaseMs);
    assert.equal(claimed?.verification.id, verification.id);
    assert.equal(claimed?.verification.sealedCode, 'sealed text');
    assert.equal(claimed?.delivery.isPossibleDuplicate, true);
  });
}

function testTheirMoment(promise: DefinePromise): void {
  promise('a scheduled message is due at its moment and not before', async (bench) => {
    const sendAtMs = (await bench.storage.now()) + 3 * hourMs;
    const sent = await send(bench, { sendAtMs });
    const { id } = sent.verification;
    assert.deepEqual(sent.verification, await bench.read(id));
    assert.deepEqual(sent.deliveries[0], await bench.readDelivery(id));
    await bench.advance(2 * hourMs);
    while ((await bench.storage.expireDue(100)).more);
    assert.deepEqual(await bench.storage.claimDeliveries(10, leaseMs), []);
    await bench.reopen();
    await bench.advance(hourMs);
    const [claimed, ...more] = await bench.storage.claimDeliveries(10, leaseMs);
    assert.equal(more.length, 0);
    assert.equal(claimed?.verification.sealedCode, 'sealed text');
    // Nobody had it before, so it is the first hand-over.
    const { attempts, isPossibleDuplicate } = claimed?.delivery ?? {};
    assert.deepEqual([attempts, isPossibleDuplicate], [1, false]);
  });
}
