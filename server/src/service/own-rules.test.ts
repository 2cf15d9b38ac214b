/** What an application sets for itself beside the product's rules, over the whole service. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { defaultLimits } from '#domain/limits.ts';
import {
  accepted,
  type OpenedService,
  openService,
  refusalOf,
  take,
  viewOf,
  wrong,
} from '#service/service.fixture.ts';
import type { Caller } from '#service/service.ts';

const recipient = '+14155550123';
const free = { ...defaultLimits, recipientSendIntervalSeconds: 0 };

let opened: OpenedService;
before(async () => {
  opened = await openService();
});
after(() => opened.end());

const start = (caller: Caller, request: object = {}) =>
  opened.service.startVerification(caller, { recipient, ...request }, null);

async function handedFor(verificationId: string) {
  await opened.whenIdle();
  return opened.provider.handed.filter((message) => message.verificationId === verificationId);
}

describe('a second start that is redirected', () => {
  const settings = {
    secondStart: 'redirect',
    resendCode: 'same',
    resendWaitsSeconds: [0],
    limits: free,
  } as const;

  test('sends the same code to where it says, with its own texts', async () => {
    const caller = await opened.newCaller(settings);
    const first = viewOf(await start(caller, { channel: 'sms', text: 'first {{code}}' }));
    const channels = [
      { channel: 'email', to: 'ana@example.com', text: 'mail {{code}}', subject: 'Hello' },
      { channel: 'voice' },
    ] as const;
    const second = viewOf(await start(caller, { channels, text: 'all {{code}}' }));
    assert.equal(second.id, first.id);
    assert.deepEqual([first.sendsUsed, second.sendsUsed], [1, 2]);
    const [sms, ...others] = await handedFor(first.id);
    const code = sms?.code ?? '';
    assert.equal(sms?.text, `first ${code}`);
    const mail = others.find(({ channel }) => channel === 'email');
    assert.deepEqual([mail?.text, mail?.subject], [`mail ${code}`, 'Hello']);
    const call = others.find(({ channel }) => channel === 'voice');
    assert.equal(call?.text.startsWith('all '), true);
    assert.equal(call?.destination, recipient);
    assert.ok(others.every((message) => message.code === code));
    assert.equal((await opened.check(caller, first.id, code)).approved, true);
  });

  test('keeps each message to its own destination when it is composed again', async () => {
    const caller = await opened.newCaller(settings);
    const toAll = (...numbers: string[]) => ({
      channels: numbers.map((to) => ({ channel: 'sms', to }) as const),
    });
    const [one, two, three] = ['+14155550124', '+14155550125', '+14155550126'];
    const { id } = viewOf(await start(caller, toAll(one, two)));
    await opened.whenIdle();
    opened.provider.answer = () => ({ kind: 'unavailable', error: 'busy' });
    take(await start(caller, toAll(three)));
    // The first ones again: after a redirected send they are noted as well.
    take(await start(caller, toAll(one, two)));
    await opened.whenIdle();
    opened.provider.answer = () => accepted;
    const before = (await handedFor(id)).length;
    await opened.advance(60);
    await opened.maintenance.deliverDue();
    const again = (await handedFor(id)).slice(before).map(({ destination }) => destination);
    assert.deepEqual(again.sort(), [one, two, three]);
  });

  test('is a new verification where none is live', async () => {
    const caller = await opened.newCaller(settings);
    const first = viewOf(await start(caller));
    await opened.advance(601);
    const second = viewOf(await start(caller));
    assert.notEqual(second.id, first.id);
    assert.equal(second.sendsUsed, 1);
  });

  test('is done at every moment, however many come at once', async () => {
    const limits = { ...free, recipientSendsHourMax: 20, recipientSendsDayMax: 20 };
    const caller = await opened.newCaller({ ...settings, limits, sendsMax: 20 });
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, () => start(caller, { channel: 'sms' })),
    );
    const views = outcomes.map(viewOf);
    assert.equal(new Set(views.map(({ id }) => id)).size, 1);
    assert.equal(Math.max(...views.map(({ sendsUsed }) => sendsUsed)), 6);
  });
});

describe('sends of one verification', () => {
  test('are as many and as far apart as the application says', async () => {
    const caller = await opened.newCaller({
      sendsMax: 2,
      resendWaitsSeconds: [3],
      limits: free,
    });
    const { id, sendsLeft } = viewOf(await start(caller));
    assert.equal(sendsLeft, 1);
    const resend = () => opened.service.resendCode(caller, { verificationId: id }, null);
    const early = refusalOf(await resend());
    assert.deepEqual(early.limit, {
      name: 'verification_resend_interval',
      max: 1,
      windowSeconds: 3,
    });
    await opened.advance(3);
    take(await resend());
    await opened.advance(3);
    const last = refusalOf(await resend());
    assert.deepEqual([last.limit?.name, last.limit?.max], ['verification_sends', 2]);
  });

  test('a start counts once for its recipient, also when it comes to be a resend', async () => {
    const limits = { ...free, recipientSendsHourMax: 20, recipientStartsHourMax: 2 };
    const caller = await opened.newCaller({
      limits,
      secondStart: 'reuse',
      resendWaitsSeconds: [0],
    });
    const channels = ['sms', 'voice'].map((channel) => ({ channel }) as never);
    take(await start(caller, { channels }));
    take(await start(caller, { channels }));
    const refused = refusalOf(await start(caller, { channels }));
    assert.deepEqual(refused.limit, {
      name: 'recipient_starts_hour',
      max: 2,
      windowSeconds: 3_600,
    });
    assert.equal(refusalOf(await start(caller, { purpose: 'other' })).code, 'limit_reached');
    take(await start(caller, { recipient: '+14155550127' }));
  });
});

describe('a limit of checks', () => {
  const limits = { ...free, recipientChecksMax: 2, recipientChecksWindowSeconds: 120 };

  test('counts those by id and those by recipient together', async () => {
    const caller = await opened.newCaller({ limits });
    const { id } = viewOf(await start(caller));
    const code = opened.codeOf(id);
    const byRecipient = (typed: string) =>
      opened.service.checkRecipient(caller, { recipient, code: typed }, null);
    assert.equal((await opened.check(caller, id, wrong(code))).approved, false);
    assert.equal(viewOf(await byRecipient(wrong(code, 2))).approved, false);
    for (const outcome of [
      await byRecipient(code),
      await opened.service.checkCode(caller, { verificationId: id, code }, null),
    ]) {
      assert.deepEqual(refusalOf(outcome).limit, {
        name: 'recipient_checks',
        max: 2,
        windowSeconds: 120,
      });
    }
    assert.equal(opened.comparisons(id), 2);
    await opened.advance(120);
    assert.equal((await opened.check(caller, id, code)).approved, true);
  });

  test('counts a check where nothing is live', async () => {
    const caller = await opened.newCaller({ limits });
    const check = () => opened.service.checkRecipient(caller, { recipient, code: '123456' }, null);
    assert.equal(refusalOf(await check()).code, 'verification_not_found');
    assert.equal(refusalOf(await check()).code, 'verification_not_found');
    assert.equal(refusalOf(await check()).code, 'limit_reached');
  });
});

describe('texts', () => {
  test('of a channel go before those of the request', async () => {
    const caller = await opened.newCaller({ limits: free });
    const channels = [{ channel: 'sms', text: 'own {{code}}' }, { channel: 'voice' }] as const;
    const { id } = viewOf(await start(caller, { channels, text: 'all {{code}}' }));
    const texts = (await handedFor(id)).map(({ channel, text }) => `${channel} ${text}`);
    const code = opened.codeOf(id);
    assert.ok(texts.includes(`sms own ${code}`));
    assert.ok(texts.some((text) => text.startsWith('voice all ')));
  });

  const misfits = [
    [{ channel: 'sms', text: '{{code}}', template: 'x' }, '/channels/0/text'],
    [{ channel: 'email', subject: 'x' }, '/channels/0/text'],
    [{ channel: 'sms', text: '{{code}}', subject: 'x' }, '/channels/0/subject'],
    [{ channel: 'voice', text: '{{code}}', html: '{{code}}' }, '/channels/0/html'],
  ] as const;
  for (const [entry, pointer] of misfits) {
    test(`of a channel are refused at ${pointer}: ${Object.keys(entry).join(', ')}`, async () => {
      const caller = await opened.newCaller({});
      const to = entry.channel === 'email' ? { to: 'ana@example.com' } : {};
      const refused = refusalOf(await start(caller, { channels: [{ ...entry, ...to }] }));
      assert.deepEqual([refused.code, refused.pointer], ['request_invalid', pointer]);
    });
  }

  test('show the code more than once only where the application allows it', async () => {
    const text = '{{code}} again: {{code}}';
    const strict = await opened.newCaller({});
    assert.equal(refusalOf(await start(strict, { text })).code, 'template_invalid');
    const caller = await opened.newCaller({ allowRepeatedCode: true });
    const { id } = viewOf(await start(caller, { text }));
    const code = opened.codeOf(id);
    assert.equal((await handedFor(id))[0]?.text, `${code} again: ${code}`);
    const variant = { channel: 'sms', language: 'en', prefix: null, subject: null, html: null };
    const saved = await opened.service.saveTemplate(caller.application.id, {
      name: 'twice',
      state: 'approved',
      purposes: [],
      variants: [{ ...variant, channel: 'sms', text }],
    });
    assert.equal(refusalOf(saved).code, 'template_invalid');
  });

  test('reach numbers known as landlines only where the application allows it', async () => {
    const request = { recipient: '+912222694950', channel: 'sms' };
    const strict = await opened.newCaller({});
    assert.equal(refusalOf(await start(strict, request)).code, 'recipient_unsupported');
    const caller = await opened.newCaller({ allowLandlineTexts: true });
    assert.equal(viewOf(await start(caller, request)).status, 'pending');
    const premium = { recipient: '+19002345678', channel: 'sms' };
    assert.equal(refusalOf(await start(caller, premium)).code, 'recipient_unsupported');
    const mail = { recipient: 'ana@example.com', channel: 'sms' };
    assert.equal(refusalOf(await start(caller, mail)).code, 'recipient_invalid');
  });
});
