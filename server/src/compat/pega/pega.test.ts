import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { type Exchange, readExchanges, replay } from '#compat/exchanges.fixture.ts';
import {
  bodyOf,
  type FacadeClient,
  type OpenedFacade,
  openFacade,
} from '#compat/facade.fixture.ts';
import { credentials, presentBasic } from '#compat/pega/credentials.ts';
import { pega } from '#compat/pega/facade.ts';
import { countApproved } from '#compat/races.fixture.ts';
import { losableStorage } from '#compat/storage-away.fixture.ts';
import { readUuidHandle, uuidHandle } from '#domain/handle.ts';
import { numberAt, refusalOf, take, wrong } from '#service/service.fixture.ts';

interface Step extends Exchange {
  /** Of `rows.json`: what it shows of the vendor's tables. */
  readonly rows: readonly string[];
  /** Policies that hold; without them those that hold by default. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** What becomes of the code that is under way, before the call. */
  readonly failedAttempts?: number;
  readonly waitSeconds?: number;
}

const steps = readExchanges(
  new URL('./exchanges/one-time-passwords.json', import.meta.url),
) as readonly Step[];

const otp = '/prweb/PRRestService/api/v1/authenticate/otp';

let opened: OpenedFacade;
let client: FacadeClient;
before(async () => {
  opened = await openFacade(pega);
  client = await opened.newClient();
});
after(() => opened.end());

function basicOf({ shown }: FacadeClient): string {
  const { username, password } = shown;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

let recipients = 0;

async function newLive(by = client) {
  recipients += 1;
  const phone = numberAt(recipients);
  const answer = await opened.app.inject({
    method: 'POST',
    url: `${otp}/sms`,
    headers: { authorization: basicOf(by) },
    payload: { Context: 'Login', SMSSettings: { ToPhoneNumber: phone } },
  });
  const referenceId = String(bodyOf(answer)['ReferenceID']);
  const handle = readUuidHandle(referenceId);
  assert.ok(handle, answer.body);
  const id = await opened.service.verificationIdOf(by.caller, handle);
  assert.ok(id);
  return { id, phone, referenceId, code: opened.codeOf(id) };
}

async function verify(referenceId: string, code: string, by = client): Promise<unknown> {
  const query = new URLSearchParams({ OTPValue: code, ReferenceID: referenceId });
  const headers = { authorization: basicOf(by) };
  const answer = await opened.app.inject({ url: `${otp}/verify?${query}`, headers });
  return bodyOf(answer)['Status'];
}

async function valuesFor(step: Step): Promise<Map<string, string>> {
  const by = step.settings === undefined ? client : await opened.newClient();
  if (step.settings !== undefined) {
    const facades = { pega: step.settings };
    take(await opened.service.changeSettings(by.caller.application.id, { facades }));
  }
  recipients += 1;
  const values = new Map([
    ['basic', basicOf(by)],
    ['address', `ana${recipients}@example.com`],
    ['phone', numberAt(recipients)],
  ]);
  if (!/\{\{(live|wrong)/.test(JSON.stringify(step.request))) return values;
  const live = await newLive(by);
  for (let attempt = 1; attempt <= (step.failedAttempts ?? 0); attempt++) {
    assert.equal(await verify(live.referenceId, wrong(live.code, attempt), by), 'FAIL');
  }
  if (step.waitSeconds !== undefined) await opened.advance(step.waitSeconds);
  return values
    .set('livePhone', live.phone)
    .set('liveReferenceId', live.referenceId)
    .set('liveCode', live.code)
    .set('wrongCode', wrong(live.code));
}

for (const prefix of ['', '/compat/pega']) {
  describe(`Pega at "${prefix}" answers as recorded`, () => {
    for (const step of steps) {
      test(step.name, async () => {
        await replay(opened.app, step, await valuesFor(step), prefix);
      });
    }
  });
}

test('every row of the reference is replayed, or its absence has a reason in the docs', () => {
  const file = new URL('./exchanges/rows.json', import.meta.url);
  const table = JSON.parse(readFileSync(file, 'utf8')) as readonly string[];
  const replayed = new Set(steps.flatMap(({ rows }) => rows));
  const page = new URL('../../../../docs/reference/compat/pega.md', import.meta.url);
  const [, notServed = ''] = readFileSync(page, 'utf8').split('## Not served');
  const cells = [...notServed.matchAll(/^\| ([^|]+) \|/gm)].map(([, cell]) => cell ?? '');
  const refused = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, row]) => row));
  assert.deepEqual([...replayed, ...refused].toSorted(), table.toSorted());
  assert.equal(table.length, 40);
});

test('a code has eight digits and three guesses, and belongs to its context', async () => {
  const live = await newLive();
  assert.match(live.code, /^[0-9]{8}$/);
  const read = take(await opened.service.readVerification(client.caller, live.id));
  assert.equal(read.purpose, 'pega:Login');
  assert.equal(read.origin, 'pega');
  for (const by of [1, 2, 3]) {
    assert.equal(await verify(live.referenceId, wrong(live.code, by)), 'FAIL');
  }
  assert.equal(await verify(live.referenceId, live.code), 'FAIL');
  assert.equal(opened.comparisons(live.id), 3);
});

test('a code of another door is no password here, and spends no guess', async () => {
  const native = { ...client.caller, origin: 'api' };
  const own = await opened.start(native, { recipient: numberAt(700), purpose: 'pega:Login' });
  const code = opened.codeOf(own.id);
  assert.equal(await verify(uuidHandle(own.id), code), 'FAIL');
  assert.equal((await opened.check(native, own.id, code)).approved, true);
});

test('a code is taken once, and not after its time', async () => {
  const used = await newLive();
  assert.equal(await verify(used.referenceId.toUpperCase(), used.code), 'SUCCESS');
  assert.equal(await verify(used.referenceId, used.code), 'FAIL');
  const late = await newLive();
  await opened.advance(301);
  assert.equal(await verify(late.referenceId, late.code), 'FAIL');
});

test('a correspondence that is mapped to a template is mailed with its subject', async () => {
  const mapped = await opened.newClient();
  const { id } = mapped.caller.application;
  const variants = [
    {
      channel: 'email',
      language: 'en',
      prefix: null,
      subject: 'Sign in',
      text: 'Use {{code}}',
      html: null,
    },
  ] as const;
  take(
    await opened.service.saveTemplate(id, {
      name: 'sign-in',
      state: 'approved',
      purposes: [],
      variants,
    }),
  );
  const facades = { pega: { correspondences: { pyDefaultOTPCorr: 'sign-in' } } };
  take(await opened.service.changeSettings(id, { facades }));
  const answer = await opened.app.inject({
    method: 'POST',
    url: `${otp}/email`,
    headers: { authorization: basicOf(mapped) },
    payload: {
      EmailSettings: { CorrespondenceName: 'pyDefaultOTPCorr', ToAddress: 'ana@example.com' },
    },
  });
  assert.equal(answer.statusCode, 200);
  assert.equal(opened.provider.handed.at(-1)?.subject, 'Sign in');
});

describe('a code by SMS', () => {
  const messages = [
    [{ Message: 'Your login' }, /^Your login [0-9]{8}$/, null],
    [{ Message: 'Your {{code}}', From: 'Pega' }, /^Your \{\{code\}\} [0-9]{8}$/, 'Pega'],
    [{ From: 'A name that no network shows' }, /^[0-9]{8} is your /, null],
    [{ Message: 'Unused', CorrespondenceName: 'Login' }, /^Log in by [0-9]{8}$/, null],
  ] as const;
  for (const [own, text, sender] of messages) {
    test(`with ${JSON.stringify(own)} says ${text}`, async () => {
      const by = await opened.newClient();
      const { id } = by.caller.application;
      const parts = { channel: 'sms', language: 'en', prefix: null, subject: null, html: null };
      take(
        await opened.service.saveTemplate(id, {
          name: 'log-in',
          state: 'approved',
          purposes: [],
          variants: [{ ...parts, channel: 'sms', text: 'Log in by {{code}}' }],
        }),
      );
      const facades = { pega: { correspondences: { Login: 'log-in' } } };
      take(await opened.service.changeSettings(id, { facades }));
      recipients += 1;
      const answer = await opened.app.inject({
        method: 'POST',
        url: `${otp}/sms`,
        headers: { authorization: basicOf(by) },
        payload: { SMSSettings: { ToPhoneNumber: numberAt(recipients), ...own } },
      });
      assert.equal(answer.statusCode, 200, answer.body);
      const sent = opened.provider.handed.at(-1);
      assert.match(sent?.text ?? '', text);
      assert.equal(sent?.sender, sender);
    });
  }
});

describe('a number that cannot be reached', () => {
  const reasons = [
    ['4155550123', {}, /with a plus, or one of the country in the setting "country"/],
    ['+447400123456', { countries: ['US'] }, /a country that the setting "countries" does not/],
  ] as const;
  for (const [ToPhoneNumber, settings, message] of reasons) {
    test(`${ToPhoneNumber} is refused with what to change`, async () => {
      const answer = await opened.app.inject({
        method: 'POST',
        url: `${otp}/sms`,
        headers: { authorization: basicOf(await opened.newClient(settings)) },
        payload: { SMSSettings: { ToPhoneNumber } },
      });
      assert.equal(answer.statusCode, 400);
      assert.match(
        bodyOf<{ errors: { message: string }[] }>(answer).errors[0]?.message ?? '',
        message,
      );
    });
  }
});

test('a page of another origin sends nothing and spends no guess', async () => {
  const live = await newLive();
  const query = new URLSearchParams({ OTPValue: live.code, ReferenceID: live.referenceId });
  const url = `${otp}/verify?${query}`;
  for (const [site, status] of [
    ['cross-site', 403],
    ['same-site', 403],
    ['same-origin', 200],
  ] as const) {
    const headers = { authorization: basicOf(client), 'sec-fetch-site': site };
    const answer = await opened.app.inject({ url, headers });
    const said = status === 200 ? 'SUCCESS' : 'FAIL';
    assert.deepEqual([answer.statusCode, bodyOf(answer)['Status']], [status, said], site);
  }
});

test('a call tells its method before anybody is signed in', async () => {
  for (const [method, call, allow] of [
    ['GET', 'sms', 'POST, OPTIONS'],
    ['POST', 'VERIFY', 'GET, OPTIONS'],
    // No call has HEAD: it is refused for all of them, before one is looked for.
    ['HEAD', 'verify', 'GET, POST, OPTIONS'],
  ] as const) {
    const answer = await opened.app.inject({ method, url: `${otp}/${call}` });
    assert.deepEqual([answer.statusCode, answer.headers['allow']], [405, allow]);
  }
});

test('of many right checks at once, through this door and ours, one wins', async () => {
  const live = await newLive();
  const check = async () => (await verify(live.referenceId, live.code)) === 'SUCCESS';
  assert.equal(await countApproved(opened, client.caller, { ...live, check }), 1);
});

test('an operator finds nothing of another application', async () => {
  const live = await newLive();
  const other = await opened.newClient();
  assert.equal(await verify(live.referenceId, live.code, other), 'FAIL');
  assert.equal(await verify(live.referenceId, live.code), 'SUCCESS');
});

test('neither a code nor a reference nor a password stands in the log', async () => {
  const live = await newLive();
  await verify(live.referenceId, live.code);
  const secrets = [live.code, live.referenceId, live.phone, client.shown['password'] ?? ''];
  for (const secret of secrets) {
    assert.ok(![...opened.lines, ...opened.log].some((line) => line.includes(secret)));
  }
});

test('while the storage is away, a call fails and may be tried again', async () => {
  const { around, lose } = losableStorage();
  const broken = await openFacade(pega, { around });
  const by = await broken.newClient();
  lose();
  const answer = await broken.app.inject({
    method: 'POST',
    url: `${otp}/sms`,
    headers: { authorization: basicOf(by) },
    payload: { SMSSettings: { ToPhoneNumber: numberAt(900) } },
  });
  assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [503, '2']);
  assert.equal(bodyOf(answer)['Status'], 'FAIL');
  await broken.end();
});

test('nothing that a caller can send breaks a call', async () => {
  const headers = { authorization: basicOf(client) };
  const odd = [null, true, -1, '', '\u0000', '\ud800', 'x'.repeat(2_000), [], [[]], {}];
  for (const call of ['email', 'sms'] as const) {
    for (const value of odd) {
      const settings = { ToAddress: value, ToPhoneNumber: value, CorrespondenceName: value };
      const payloads = [
        { Context: value, EmailSettings: settings, SMSSettings: settings },
        { EmailSettings: value, SMSSettings: value },
        [value],
      ];
      for (const payload of payloads) {
        const asked = { method: 'POST', url: `${otp}/${call}`, headers, payload } as const;
        const answer = await opened.app.inject(asked);
        assert.equal(answer.statusCode, 400, `${call} ${JSON.stringify(payload)}`);
        assert.equal(bodyOf(answer)['Status'], 'FAIL');
      }
    }
  }
  for (const query of ['', 'OTPValue[]=1&ReferenceID[]=2', 'OTPValue=%00&ReferenceID=%00']) {
    const answer = await opened.app.inject({ url: `${otp}/verify?${query}`, headers });
    assert.deepEqual(bodyOf(answer), { Status: 'FAIL' });
  }
});

describe('settings and credentials', () => {
  const wrongSettings = [
    [{ maximumFailedAttempts: 4 }, '/facades/pega/maximumFailedAttempts'],
    [{ maximumFailedAttempts: 0 }, '/facades/pega/maximumFailedAttempts'],
    [{ maximumTokenAgeSeconds: 29 }, '/facades/pega/maximumTokenAgeSeconds'],
    [{ maximumTokenAgeSeconds: '60' }, '/facades/pega/maximumTokenAgeSeconds'],
    [{ correspondences: { 'a b': 'x' } }, '/facades/pega/correspondences'],
    [{ correspondences: [] }, '/facades/pega/correspondences'],
    [{ other: 1 }, '/facades/pega/other'],
  ] as const;
  for (const [own, pointer] of wrongSettings) {
    test(`${JSON.stringify(own)} is refused`, async () => {
      const { id } = client.caller.application;
      const changed = await opened.service.changeSettings(id, { facades: { pega: own } });
      assert.equal(refusalOf(changed).pointer, pointer);
    });
  }

  test('credentials lead back from what was shown, and may be chosen', () => {
    const made = take(credentials.make({}));
    assert.equal(credentials.present(made.shown)?.publicId, made.publicId);
    const chosen = { username: 'ana@corp', password: 'pässwörd: with a colon' };
    const { shown, secrets } = take(credentials.make(chosen));
    assert.deepEqual(shown, chosen);
    assert.equal(secrets['password']?.kind, 'chosen');
    const pair = Buffer.from(`${chosen.username}:${chosen.password}`).toString('base64');
    assert.deepEqual(presentBasic(`basic ${pair}`), credentials.present(chosen));
    for (const options of [
      { username: 'a:b' },
      { username: 'a b' },
      { username: 7 },
      { password: 'short' },
      { other: 1 },
    ]) {
      refusalOf(credentials.make(options));
    }
    for (const header of [undefined, '', 'Basic', 'Basic %%%', 'Basic YQ==', 'Bearer YTpi']) {
      assert.equal(presentBasic(header), null);
    }
    assert.equal(credentials.present({ username: 'ana' }), null);
  });
});
