/** Many calls at once through this door, and through it and the native one. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type OpenedFacade, openFacade } from '#compat/facade.fixture.ts';
import { smscx } from '#compat/smscx/facade.ts';
import { newOtpClient } from '#compat/smscx/smscx.fixture.ts';
import { defaultLimits } from '#domain/limits.ts';
import { numberAt, wrong } from '#service/service.fixture.ts';

const withoutPause = { ...defaultLimits, recipientSendIntervalSeconds: 0 };

let opened: OpenedFacade;
before(async () => {
  opened = await openFacade(smscx);
});
after(() => opened.end());

test('of forty right PINs one verifies', async () => {
  const client = await newOtpClient(opened);
  for (let round = 0; round < 5; round++) {
    const phoneNumber = numberAt(round);
    const { otpId } = await client.create({ phoneNumber, maxAttempts: 10 });
    const pin = await client.pinOf(otpId);
    const calls = Array.from({ length: 40 }, () => client.verify(otpId, pin));
    const answers = (await Promise.all(calls)).map((answer) => answer.json());
    assert.equal(answers.filter(({ status, error }) => status === 'VERIFIED' && !error).length, 1);
    assert.ok(answers.every(({ error }) => !error || [2023, 2026].includes(error.code)));
  }
});

test('no more wrong PINs are compared than attempts, and one hears that it was last', async () => {
  const client = await newOtpClient(opened);
  const { otpId } = await client.create({ maxAttempts: 3 });
  const pin = await client.pinOf(otpId);
  const id = await client.idOf(otpId);
  const calls = Array.from({ length: 30 }, (_, at) => client.verify(otpId, wrong(pin, at + 1)));
  const codes = (await Promise.all(calls)).map((answer) => answer.json().error.code);
  assert.equal(opened.comparisons(id), 3);
  assert.equal(codes.filter((code) => code === 2027).length, 1);
  assert.equal(codes.filter((code) => code === 2029).length, 2);
  assert.equal((await client.read(otpId)).attempts, 3);
});

test('of ten cancels one cancels; of ten late PINs one hears that the PIN expired', async () => {
  const client = await newOtpClient(opened);
  const { otpId } = await client.create();
  const cancels = Array.from({ length: 10 }, () => client.call('DELETE', `/otp/${otpId}`));
  const statuses = (await Promise.all(cancels)).map(({ statusCode }) => statusCode);
  assert.deepEqual(statuses.sort(), [200, ...Array(9).fill(403)]);
  const late = await client.create({ ttl: 60 });
  await opened.advance(61);
  const calls = Array.from({ length: 10 }, () => client.verify(late.otpId, '12345'));
  const codes = (await Promise.all(calls)).map((answer) => answer.json().error.code);
  assert.deepEqual(codes.sort(), [...Array(9).fill(2025), 2028]);
});

test('wrong codes through two doors spend one guess budget of the recipient', async () => {
  const client = await newOtpClient(opened, null, { limits: withoutPause });
  const native = { ...client.caller, origin: 'api' };
  const recipient = '+33612424100';
  const { otpId } = await client.create({ maxAttempts: 10 });
  const own = await opened.start(native, { recipient, checksMax: 10 });
  const pin = await client.pinOf(otpId);
  const code = opened.codeOf(own.id);
  await Promise.all(
    Array.from({ length: 10 }, (_, at) => [
      client.verify(otpId, wrong(pin, at + 1)),
      opened.check(native, own.id, wrong(code, at + 1)),
    ]).flat(),
  );
  const compared = opened.comparisons(own.id) + opened.comparisons(await client.idOf(otpId));
  assert.equal(compared, 10);
  // Each door gets its own code and none of the other's; six digits are dead now for both.
  assert.equal((await client.verify(otpId, pin)).json().error.type, 'otp_failed');
  assert.equal((await opened.check(native, own.id, code)).approved, false);
  const next = await client.create({ pinLength: 4 });
  assert.equal((await client.pinOf(next.otpId)).length, 8);
});

test('right codes through two doors at once verify each its own, once', async () => {
  const client = await newOtpClient(opened, null, { limits: withoutPause });
  const native = { ...client.caller, origin: 'api' };
  const { otpId } = await client.create();
  const own = await opened.start(native, { recipient: '+33612424100' });
  const [pin, code] = [await client.pinOf(otpId), opened.codeOf(own.id)];
  const verified = Promise.all(Array.from({ length: 10 }, () => client.verify(otpId, pin)));
  const approved = Promise.all(Array.from({ length: 5 }, () => opened.check(native, own.id, code)));
  const [theirs, ours] = await Promise.all([verified, approved]);
  assert.equal(theirs.filter(({ statusCode }) => statusCode === 200).length, 1);
  assert.equal(ours.filter((verdict) => verdict.approved).length, 1);
});
