import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Exchange, readExchanges, replay } from '#compat/exchanges.fixture.ts';
import {
  bodyOf,
  type FacadeClient,
  type OpenedFacade,
  openFacade,
} from '#compat/facade.fixture.ts';
import { fast2sms } from '#compat/fast2sms/facade.ts';
import { countApproved } from '#compat/races.fixture.ts';
import { losableStorage } from '#compat/storage-away.fixture.ts';
import { wordHandle } from '#domain/handle.ts';
import { take, wrong } from '#service/service.fixture.ts';

interface Step extends Exchange {
  /** Between the message that is under way and the call. */
  readonly waitSeconds?: number;
}

let opened: OpenedFacade;
let client: FacadeClient;
before(async () => {
  opened = await openFacade(fast2sms);
  client = await opened.newClient();
});
after(() => opened.end());

let mobiles = 0;

/** Ten digits, each number once. */
function newMobile(): string {
  mobiles += 1;
  return String(9_876_000_000 + mobiles);
}

function call(path: string, payload: object, by = client) {
  const { authorization = '' } = by.shown;
  return opened.app.inject({ method: 'POST', url: path, headers: { authorization }, payload });
}

/** A code that is under way, in the words of the exchanges. */
async function newLive(by = client, mobile = newMobile()) {
  const asked = { mobile, otp_id: by.shown['otpId'] };
  const { request_id } = bodyOf(await call('/dev/otp/send', asked, by));
  const { items } = take(
    await opened.service.listVerifications(by.caller, { recipient: `+91${mobile}`, limit: 1 }),
  );
  const id = items[0]?.id ?? '';
  return { id, mobile, requestId: String(request_id), code: opened.codeOf(id) };
}

async function valuesFor(exchange: Exchange): Promise<Map<string, string>> {
  const values = new Map(Object.entries(client.shown));
  values.set('mobile', newMobile());
  if (!/\{\{(live|wrong)/.test(JSON.stringify(exchange.request))) return values;
  const live = await newLive();
  return values
    .set('liveMobile', live.mobile)
    .set('liveRequestId', live.requestId)
    .set('liveCode', live.code)
    .set('wrongCode', wrong(live.code));
}

for (const prefix of ['', '/compat/fast2sms']) {
  describe(`managed OTP at "${prefix}" answers as recorded`, () => {
    const file = new URL('./exchanges/managed-otp.json', import.meta.url);
    for (const exchange of readExchanges(file) as readonly Step[]) {
      test(exchange.name, async () => {
        // One of the numbers stands there as a number, and can have one code in 30 seconds.
        await opened.advance(31);
        const values = await valuesFor(exchange);
        if (exchange.waitSeconds) await opened.advance(exchange.waitSeconds);
        await replay(opened.app, exchange, values, prefix);
      });
    }
  });
}

test('a code is asked for by its template, its length and its life', async () => {
  const { caller, shown } = client;
  const { application } = caller;
  const variants = [
    { channel: 'sms', language: 'en', prefix: null, text: '{{code}} for {{var1}} at {{var2}}' },
  ] as const;
  take(
    await opened.service.saveTemplate(application.id, {
      name: 'welcome',
      state: 'approved',
      purposes: [],
      variants: variants.map((variant) => ({ ...variant, subject: null, html: null })),
    }),
  );
  const facades = { fast2sms: { otpTemplates: { a1b2: 'welcome' } } };
  take(await opened.service.changeSettings(application.id, { facades }));
  const mobile = newMobile();
  const answer = await call('/dev/otp/send', {
    mobile,
    otp_id: 'a1b2',
    otp_length: '4',
    otp_expiry: '20',
    variables_values: 'Ana|Shop',
  });
  assert.equal(answer.statusCode, 200, answer.body);
  assert.match(String(bodyOf(answer)['request_id']), /^[0-9a-z]{15}$/);
  const sent = opened.provider.handed.at(-1);
  assert.match(sent?.text ?? '', /^[0-9]{4} for Ana at Shop$/);
  assert.equal(sent?.destination, `+91${mobile}`);
  const { items } = take(
    await opened.service.listVerifications(caller, { recipient: `+91${mobile}`, limit: 1 }),
  );
  assert.equal(items[0]?.origin, 'fast2sms');
  assert.equal(Number(items[0]?.expiresAtMs) - Number(items[0]?.createdAtMs), 1_200_000);
  assert.equal((await call('/dev/otp/send', { mobile, otp_id: shown['otpId'] })).statusCode, 400);
});

test('a resend brings the same code again, up to five messages', async () => {
  const live = await newLive();
  for (const [wait, status] of [
    [31, 200],
    [61, 200],
    [121, 200],
    [301, 200],
    [1, 400],
  ] as const) {
    await opened.advance(wait);
    const answer = await call('/dev/otp/resend', { mobile: live.mobile });
    assert.equal(answer.statusCode, status, answer.body);
    if (status === 200) assert.equal(bodyOf(answer)['request_id'], live.requestId);
    assert.equal(opened.codeOf(live.id), live.code);
  }
  const verified = await call('/dev/otp/verify', { mobile: live.mobile, otp: live.code });
  assert.equal(verified.statusCode, 200);
});

test('a code is over by time, use and guesses; by its number it is not found then', async () => {
  const verify = async (request_id: string, otp: string) =>
    bodyOf(await call('/dev/otp/verify', { request_id, otp }))['message'];
  const used = await newLive();
  assert.deepEqual(await verify(used.requestId, used.code), ['OTP verified successfully']);
  assert.equal(await verify(used.requestId, used.code), 'OTP already verified');
  const guessed = await newLive();
  for (let guess = 1; guess <= 5; guess++) {
    assert.equal(await verify(guessed.requestId, wrong(guessed.code, guess)), 'Invalid OTP');
  }
  const many = 'Too many wrong attempts, request a new OTP';
  assert.equal(await verify(guessed.requestId, guessed.code), many);
  const late = await newLive();
  await opened.advance(601);
  assert.equal(await verify(late.requestId, late.code), 'OTP expired');
  for (const { mobile, code } of [used, guessed, late]) {
    const answer = await call('/dev/otp/verify', { mobile, otp: code });
    assert.equal(bodyOf(answer)['message'], 'OTP not found or expired');
  }
});

test('of many right checks at once, through this door and ours, one wins', async () => {
  const live = await newLive();
  const asked = { mobile: live.mobile, otp: live.code };
  const check = async () => (await call('/dev/otp/verify', asked)).statusCode === 200;
  assert.equal(await countApproved(opened, client.caller, { ...live, check }), 1);
});

test('wrong guesses here and at our own door spend one budget of the recipient', async () => {
  const live = await newLive();
  await opened.advance(31);
  const native = { ...client.caller, origin: 'api' };
  const own = await opened.start(native, { recipient: `+91${live.mobile}` });
  const ownCode = opened.codeOf(own.id);
  for (let guess = 1; guess <= 5; guess++) {
    await call('/dev/otp/verify', { mobile: live.mobile, otp: wrong(live.code, guess) });
    await opened.check(native, own.id, wrong(ownCode, guess));
  }
  assert.equal(opened.comparisons(live.id) + opened.comparisons(own.id), 10);
  await opened.advance(31);
  const short = { mobile: live.mobile, otp_id: client.shown['otpId'], otp: '123456' };
  const refused = await call('/dev/otp/send', short);
  assert.match(String(bodyOf(refused)['message']), /^After many wrong attempts/);
  const next = await newLive(client, live.mobile);
  assert.match(next.code, /^[0-9]{8}$/);
});

test('a code of another door is no OTP here, and spends no guess', async () => {
  const native = { ...client.caller, origin: 'api' };
  const own = await opened.start(native, { recipient: `+91${newMobile()}` });
  const code = opened.codeOf(own.id);
  const asked = { request_id: wordHandle(own.id), otp: code };
  const answer = await call('/dev/otp/verify', asked);
  assert.equal(bodyOf(answer)['message'], 'OTP not found or expired');
  assert.equal((await call('/dev/otp/resend', asked)).statusCode, 400);
  assert.equal((await opened.check(native, own.id, code)).approved, true);
});

test('an account finds nothing of another application', async () => {
  const live = await newLive();
  const other = await opened.newClient();
  for (const asked of [
    { mobile: live.mobile, otp: live.code },
    { request_id: live.requestId, otp: live.code },
  ]) {
    const answer = await call('/dev/otp/verify', asked, other);
    assert.equal(bodyOf(answer)['message'], 'OTP not found or expired');
  }
  assert.equal((await call('/dev/otp/resend', { mobile: live.mobile }, other)).statusCode, 400);
});

test('while the storage is away, a call says so and may be tried again', async () => {
  const { around, lose } = losableStorage();
  const broken = await openFacade(fast2sms, { around });
  const { shown } = await broken.newClient();
  lose();
  const { authorization = '', otpId } = shown;
  for (const [url, payload] of [
    ['/dev/otp/send', { mobile: newMobile(), otp_id: otpId }],
    ['/dev/bulkV2', { route: 'q', message: 'Hello', numbers: newMobile() }],
  ] as const) {
    const headers = { authorization };
    const answer = await broken.app.inject({ method: 'POST', url, headers, payload });
    assert.equal(answer.headers['retry-after'], '2');
    assert.deepEqual(
      [answer.statusCode, bodyOf(answer)],
      [503, { return: false, status_code: 503, message: 'Service unavailable, try again' }],
    );
  }
  await broken.end();
});

test('neither the key nor a code nor a number stands in the log', async () => {
  const live = await newLive();
  const { authorization = '' } = client.shown;
  const query = new URLSearchParams({ authorization });
  await opened.app.inject({
    method: 'POST',
    url: `/dev/otp/verify?${query}`,
    payload: { mobile: live.mobile, otp: live.code },
  });
  assert.ok(opened.lines.some((line) => line.includes('/dev/otp/verify')));
  for (const secret of [authorization, live.mobile, `"${live.code}"`]) {
    assert.ok(![...opened.lines, ...opened.log].some((line) => line.includes(secret)));
  }
});
