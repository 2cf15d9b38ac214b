/** Who may call, with which credentials, and what is wrong with a call as a whole. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import {
  basicOf,
  codesOf,
  md5,
  mobile,
  newCapillaryClient,
} from '#compat/capillary/capillary.fixture.ts';
import { credentials } from '#compat/capillary/credentials.ts';
import { capillary } from '#compat/capillary/facade.ts';
import { bodyOf, type OpenedFacade, openFacade } from '#compat/facade.fixture.ts';
import { refusalOf, take } from '#service/service.fixture.ts';

let opened: OpenedFacade;
before(async () => {
  opened = await openFacade(capillary);
});
after(() => opened.end());

const generatePath = '/v2/otp/generate';
const validatePath = '/v2/otp/validate';
const tokenPath = '/v3/oauth/token/generate';

const post = (url: string, headers: Record<string, string>, payload: object = {}) =>
  opened.app.inject({ method: 'POST', url, headers, payload });

async function make(options: Readonly<Record<string, unknown>>) {
  const { application } = await opened.newCaller();
  return take(await opened.service.createCredential(application.id, 'capillary', options));
}

describe('credentials', () => {
  test('are made anew each time, and lead back from what was shown', () => {
    const [first, second] = [take(credentials.make({})), take(credentials.make({}))];
    assert.notEqual(first.publicId, second.publicId);
    const { tillId, password = '', key = '', secret = '' } = first.shown;
    assert.equal(tillId, first.publicId);
    assert.equal(key.startsWith(`${tillId}.`), true);
    assert.ok(password.length >= 22 && secret.length >= 22);
    const digest = { value: md5(password), kind: 'chosen' };
    assert.deepEqual(first.secrets['password'], digest);
    assert.deepEqual(credentials.present(first.shown), {
      publicId: tillId,
      secrets: { password: digest.value },
    });
    for (const shown of [{}, { tillId }, { key }, { tillId: 7, password: 'x' }]) {
      assert.equal(credentials.present(shown), null);
    }
  });

  test('may be those that a client has already', async () => {
    const till = { tillId: 'store.till01', password: 'pässwörd of a till' };
    await make(till);
    const digest = md5(till.password);
    for (const spelled of [digest, digest.toUpperCase()]) {
      const headers = { authorization: `Basic ${basicOf(till.tillId, spelled)}` };
      assert.equal((await post(validatePath, headers)).statusCode, 400);
    }
    const client = { key: 'TheirKey.with.dots', secret: 'their own secret' };
    await make(client);
    const answer = await post(tokenPath, {}, client);
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal((await post(tokenPath, {}, { ...client, secret: 'other' })).statusCode, 401);
    const { tillId: key, secret } = (await make({})).shown;
    assert.equal((await post(tokenPath, {}, { key, secret })).statusCode, 401, 'a till is no key');
    const asTill = { authorization: `Basic ${basicOf(client.key, md5(client.secret))}` };
    assert.equal((await post(validatePath, asTill)).statusCode, 401);
  });

  const wrong = [
    [{ tillId: 'a b' }, '/tillId'],
    [{ tillId: 7 }, '/tillId'],
    [{ password: 'short' }, '/password'],
    [{ password: 'x'.repeat(201) }, '/password'],
    [{ key: 'k:k' }, '/key'],
    [{ secret: 'a secret alone' }, '/key'],
    [{ key: `a.till.${'x'.repeat(22)}` }, '/key'],
    [{ key: 'a.key', tillId: 'a.till' }, '/tillId'],
    [{ access: [] }, '/access'],
    [{ access: ['ADMIN'] }, '/access'],
    [{ access: 'READ' }, '/access'],
    [{ tokenLifetimeSeconds: 59 }, '/tokenLifetimeSeconds'],
    [{ tokenLifetimeSeconds: 3_601 }, '/tokenLifetimeSeconds'],
    [{ orgId: 7 }, '/orgId'],
  ] as const;
  for (const [options, pointer] of wrong) {
    test(`refuse ${JSON.stringify(options).slice(0, 40)}`, () => {
      assert.equal(refusalOf(credentials.make(options)).pointer, pointer);
    });
  }
});

describe('secrets', () => {
  test('are kept as slow hashes where they may be guessed, and never shown again', async () => {
    const { shown, credential } = await make({});
    const record = await opened.storage.findCredential('capillary', shown['tillId'] ?? '');
    assert.match(record?.secretHashes['password'] ?? '', /^scrypt\./);
    assert.match(record?.secretHashes['secret'] ?? '', /^sha256\./);
    const kept = JSON.stringify([record, credential]);
    for (const name of ['password', 'key', 'secret']) {
      const secret = shown[name] ?? '';
      assert.ok(!kept.includes(secret) && !kept.includes(md5(secret)), name);
    }
  });

  test('open nothing once their credentials are revoked, nor do tokens', async () => {
    const { shown, credential } = await make({});
    const { tillId = '', password = '', key, secret } = shown;
    const basic = { authorization: `Basic ${basicOf(tillId, md5(password))}` };
    const issued = bodyOf<{ data: { accessToken: string } }>(
      await post(tokenPath, {}, { key, secret }),
    );
    const token = { 'x-cap-api-oauth-token': issued.data.accessToken };
    for (const headers of [basic, token]) {
      assert.equal((await post(validatePath, headers)).statusCode, 400);
    }
    take(await opened.service.revokeCredential('capillary', credential.id));
    for (const headers of [basic, token]) {
      const answer = await post(validatePath, headers);
      assert.deepEqual([answer.statusCode, codesOf(answer)], [401, [401]]);
    }
  });

  test('leave no trace in the log', async () => {
    const { shown } = await make({});
    const { tillId = '', password = '', key = '', secret = '' } = shown;
    const before = opened.lines.length;
    await post(validatePath, { authorization: `Basic ${basicOf(tillId, md5(password))}` });
    await post(tokenPath, {}, { key, secret });
    await opened.app.inject(`/v2/otp?identifierValue=${mobile}`);
    const lines = opened.lines.slice(before);
    assert.equal(lines.length, 3);
    for (const one of [tillId, password, md5(password), key, secret, mobile]) {
      assert.ok(!lines.some((line) => line.includes(one)));
    }
  });
});

describe('access', () => {
  test('without WRITE makes no code, and without READ fetches none', async () => {
    for (const [access, statuses] of [
      [['READ'], [403, 400, 403]],
      [['WRITE'], [400, 400, 403]],
    ] as const) {
      const { shown } = await make({ access });
      const { tillId = '', password = '' } = shown;
      const headers = { authorization: `Basic ${basicOf(tillId, md5(password))}` };
      const answers = [
        await post(generatePath, headers),
        await post(validatePath, headers),
        await opened.app.inject({ url: '/v2/otp', headers }),
      ];
      assert.deepEqual(
        answers.map(({ statusCode }) => statusCode),
        statuses,
      );
    }
  });

  test('by a token ends when the token does', async () => {
    const { shown } = await make({ tokenLifetimeSeconds: 300 });
    const { key, secret } = shown;
    const issued = bodyOf<{ data: { accessToken: string; ttlSeconds: number } }>(
      await post(tokenPath, {}, { key, secret }),
    );
    assert.equal(issued.data.ttlSeconds, 300);
    const headers = { 'x-cap-api-oauth-token': issued.data.accessToken };
    assert.equal((await post(generatePath, headers)).statusCode, 400);
    await opened.advance(301);
    assert.equal((await post(generatePath, headers)).statusCode, 401);
  });
});

describe('what is wrong with a call as a whole is said in the vendor’s way', () => {
  const faults = [
    ['another method', { method: 'PUT', url: generatePath }, 405],
    ['an unknown call', { method: 'GET', url: '/compat/capillary/unknown' }, 404],
    ['a body that is no JSON', { method: 'POST', url: tokenPath, payload: '{' }, 400],
    ['a form', { method: 'POST', url: tokenPath, payload: 'a=b', type: 'text/plain' }, 415],
    ['a large body', { method: 'POST', url: tokenPath, payload: { key: 'x'.repeat(20_000) } }, 413],
  ] as const;
  for (const [name, { method, url, ...rest }, status] of faults) {
    test(`${name} is HTTP ${status}`, async () => {
      const type = 'type' in rest ? rest.type : 'application/json';
      const answer = await opened.app.inject({
        method,
        url,
        ...('payload' in rest ? { payload: rest.payload, headers: { 'content-type': type } } : {}),
      });
      assert.equal(answer.statusCode, status, answer.body);
      assert.deepEqual(codesOf(answer), [status]);
      assert.match(String(answer.headers['x-cap-request-id']), /^req_/);
      assert.notEqual(answer.headers.connection, 'close');
      assert.equal('data' in bodyOf(answer), url === tokenPath);
    });
  }

  test('nothing that is sent makes an error of ours', async () => {
    const { headers } = await newCapillaryClient(opened);
    const word = fc.oneof(
      fc.constantFrom('MOBILE', 'EMAIL', 'GENERIC', mobile, 'ana@example.com', 'SMS', 'PHONE'),
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.jsonValue({ maxDepth: 2 }),
    );
    const channel = fc.record({ type: word, value: word }, { requiredKeys: [] });
    const names = ['entityType', 'entityValue', 'action', 'code', 'template', 'emailTemplate'];
    const fields = Object.fromEntries(
      [...names, 'whatsappTemplateName', 'zaloTemplateIdentifier'].map((name) => [name, word]),
    );
    const body = fc.oneof(
      fc.record(
        { ...fields, channels: fc.oneof(fc.array(channel, { maxLength: 7 }), word) },
        { requiredKeys: [] },
      ),
      fc.jsonValue({ maxDepth: 3 }),
    );
    const paths = fc.constantFrom(generatePath, validatePath, tokenPath);
    await fc.assert(
      fc.asyncProperty(paths, body, async (url, payload) => {
        const answer = await opened.app.inject({
          method: 'POST',
          url,
          headers: { ...headers, 'content-type': 'application/json' },
          payload: JSON.stringify(payload),
        });
        assert.ok(answer.statusCode < 500, answer.body);
        if (answer.statusCode !== 200) assert.ok(codesOf(answer).length > 0);
      }),
      { numRuns: 300 },
    );
  });
});

describe('settings', () => {
  const change = async (patch: unknown) => {
    const { caller } = await opened.newClient();
    const facades = { capillary: patch };
    return opened.service.changeSettings(caller.application.id, { facades });
  };

  test('are kept as given, and null puts one back', async () => {
    const { caller } = await opened.newClient();
    const given = { otpRateLimitOneHour: 7, templates: { COUPON: 'otp_coupon' } };
    const set = (patch: object) =>
      opened.service.changeSettings(caller.application.id, { facades: { capillary: patch } });
    assert.deepEqual(take(await set(given)).settings.facades['capillary'], given);
    assert.deepEqual(take(await set({ otpRateLimitOneHour: null })).settings.facades['capillary'], {
      templates: given.templates,
    });
  });

  const wrong = [
    [{ otpRateLimitOneHour: 0 }, 'otpRateLimitOneHour'],
    [{ otpRateLimitOneHour: 1_001 }, 'otpRateLimitOneHour'],
    [{ validateRateLimitEnabled: 'true' }, 'validateRateLimitEnabled'],
    [{ validateRateLimitMinutes: 1.5 }, 'validateRateLimitMinutes'],
    [{ validateRateLimitCount: -1 }, 'validateRateLimitCount'],
    [{ templates: [] }, 'templates'],
    [{ templates: { LOGIN: 'x' } }, 'templates'],
    [{ templates: { COUPON: 'a b' } }, 'templates'],
    [{ CONF_OTP_RATE_LIMIT_ONE_HOUR: 5 }, 'CONF_OTP_RATE_LIMIT_ONE_HOUR'],
  ] as const;
  for (const [patch, name] of wrong) {
    test(`refuse ${JSON.stringify(patch)}`, async () => {
      const refused = refusalOf(await change(patch));
      assert.equal(refused.pointer, `/facades/capillary/${name}`);
    });
  }
});
