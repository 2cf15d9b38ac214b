import assert from 'node:assert/strict';
import test from 'node:test';
import { defaultSettings } from '#domain/application.ts';
import { NoRoomToSend } from '#service/room-to-send.ts';
import {
  accepted,
  createTestProvider,
  hold,
  numberAt,
  openService,
  viewOf,
} from '#service/service.fixture.ts';
import type { Caller } from '#service/service.ts';

/** What may wait for one provider, and what it has in its hands meanwhile. */
const heldMax = 5_000 + 100;

test('while a provider hangs, who can wait does, and everything else goes on', async () => {
  const hanging = createTestProvider({ name: 'hanging', channels: ['sms'] });
  const mail = createTestProvider({ name: 'mail', channels: ['email'] });
  const opened = await openService({ providers: [hanging, mail], deliveryTimeoutSeconds: 120 });
  const gate = hold<typeof accepted>();
  hanging.answer = () => gate.promise;
  try {
    const impatient = await opened.newCaller({
      resendWaitsSeconds: [0],
      limits: { ...defaultSettings.limits, recipientSendIntervalSeconds: 0 },
    });
    const { service } = opened;
    const caller: Caller = { ...impatient, keepsRefusals: true, waitsForRoom: true };
    const first = await opened.start(caller, { recipient: numberAt(0) });
    const others = Array.from({ length: heldMax - 1 }, (_, at) => numberAt(at + 1));
    await Promise.all(others.map((recipient) => opened.start(caller, { recipient })));

    const late = { recipient: numberAt(heldMax) };
    const text = { ...late, text: 'Your parcel is here.' };
    const lists = () => service.listVerifications(impatient, { ...late, limit: 10 });
    for (let time = 0; time < 2; time += 1) {
      await assert.rejects(service.startVerification(caller, late, 'start'), NoRoomToSend);
      await assert.rejects(service.sendMessage(caller, text, 'message'), NoRoomToSend);
    }
    const listed = await lists();
    assert.deepEqual(listed.ok && listed.value.items, [], 'nothing was kept of them');
    const again = { verificationId: first.id };
    await assert.rejects(service.resendCode(caller, again, 'resend'), NoRoomToSend);

    await opened.start(caller, { recipient: 'ann@example.com' });
    const code = hanging.handed[0]?.code ?? '';
    assert.equal((await opened.check(caller, first.id, code)).approved, true);
    const repeated = await service.startVerification(
      impatient,
      { recipient: numberAt(heldMax + 1) },
      'k',
    );
    assert.equal(viewOf(repeated).status, 'pending', 'a caller that cannot wait is served');

    gate.release(accepted);
    await opened.whenIdle();
    viewOf(await service.startVerification(caller, late, 'start'));
    viewOf(await service.sendMessage(caller, text, 'message'));
  } finally {
    gate.release(accepted);
    await opened.end();
  }
});
