import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type OpenedFacade, openFacade } from '#compat/facade.fixture.ts';
import { credentials, presentBasic, presentKey } from '#compat/smscx/credentials.ts';
import { smscx } from '#compat/smscx/facade.ts';
import { languageOfCountry } from '#compat/smscx/number-language.ts';
import { newOtpClient } from '#compat/smscx/smscx.fixture.ts';
import { refusalOf, take } from '#service/service.fixture.ts';

let opened: OpenedFacade;
before(async () => {
  opened = await openFacade(smscx);
});
after(() => opened.end());

const wrongSettings: readonly (readonly [string, unknown])[] = [
  ['template', 'without'],
  ['template', 7],
  ['template_fr', ''],
  ['template', `{{pin}} ${'x'.repeat(2_000)}`],
  ['template', '{{pin}} {% if %}'],
  ['template_french', '{{pin}}'],
  ['from', 'AB'],
  ['from', 'Twelve chars'],
  ['pinType', 'digits'],
  ['pinType', 'toString'],
  ['pinLength', 3],
  ['pinLength', 11],
  ['pinLength', '6'],
  ['ttl', 59],
  ['ttl', 1_801],
  ['ttl', 60.5],
  ['maxAttempts', 0],
  ['maxAttempts', 11],
  ['otpCallback', 7],
  ['otpCallback', 'http://127.0.0.1/otp'],
  ['otpCallback', 'no URL'],
  ['companyName', ''],
  ['companyUrl', 7],
  ['appTrack', 'x'.repeat(201)],
  ['companyEmail', 'a\u0007@example.com'],
  ['colour', 'blue'],
];

test('settings that no OTP can have are refused by name, and change nothing', async () => {
  const { caller } = await newOtpClient(opened, { ttl: 90 });
  const { id } = caller.application;
  for (const [name, value] of wrongSettings) {
    const facades = { smscx: { maxAttempts: 3, [name]: value } };
    const refused = refusalOf(await opened.service.changeSettings(id, { facades }));
    assert.equal(refused.pointer, `/facades/smscx/${name}`, String(value));
  }
  const { settings } = take(await opened.service.readApplication(id));
  assert.deepEqual(settings.facades, { smscx: { ttl: 90 } });
});

test('a setting that is not named stays, and null takes one away', async () => {
  const { caller } = await newOtpClient(opened, { ttl: 90, from: 'Shop', template: '{{pin}}' });
  const facades = { smscx: { ttl: 120, from: null } };
  const changed = await opened.service.changeSettings(caller.application.id, { facades });
  assert.deepEqual(take(changed).settings.facades['smscx'], { ttl: 120, template: '{{pin}}' });
});

test('what the OTP tab leaves open is as the application has it, within bounds', async () => {
  const settings = {
    code: { alphabet: 'letters', length: 8 },
    lifetimeSeconds: 30,
    checksMax: 2,
    sender: 'Shop',
    country: 'FR',
  } as const;
  const client = await newOtpClient(opened, null, settings);
  const { otpId, ttl, maxAttempts } = await client.create({ phoneNumber: '0612424100' });
  assert.deepEqual([ttl, maxAttempts], [60, 2]);
  assert.match(await client.pinOf(otpId), /^[A-Z]{8}$/);
  assert.equal(opened.provider.handed.at(-1)?.sender, 'Shop');
});

test('texts are chosen by the language that most people of a country read', () => {
  const expected = {
    FR: 'fr',
    DE: 'de',
    AT: 'de',
    ES: 'es',
    IT: 'it',
    BG: 'bg',
    BR: 'pt',
    NO: 'no',
  };
  for (const [country, language] of Object.entries(expected)) {
    assert.equal(languageOfCountry(country), language);
  }
  assert.equal(languageOfCountry(null), 'en');
});

test('a token dies with its time, and with its credential', async () => {
  const { caller, shown, credentialId } = await opened.newClient();
  const basic = Buffer.from(`${shown['applicationId']}:${shown['applicationSecret']}`);
  const asking = () =>
    opened.app.inject({
      method: 'POST',
      url: '/oauth/token',
      headers: { authorization: `Basic ${basic.toString('base64')}` },
      payload: { grant_type: 'client_credentials' },
    });
  const scopesWith = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    return opened.app.inject({ url: '/applications/scopes', headers });
  };
  const { access_token: token } = (await asking()).json();
  assert.equal((await scopesWith(token)).statusCode, 200);
  await opened.advance(86_400);
  const late = await scopesWith(token);
  assert.deepEqual([late.statusCode, late.json().error.type], [401, 'invalid_client']);
  const { access_token: another } = (await asking()).json();
  assert.equal((await scopesWith(another)).statusCode, 200);
  take(await opened.service.revokeCredential('smscx', credentialId));
  for (const answer of [await scopesWith(another), await asking()]) {
    assert.equal(answer.statusCode, 401);
  }
  const keys = { 'x-api-key': shown['apiKey'] ?? '' };
  assert.equal((await opened.app.inject({ url: '/applications', headers: keys })).statusCode, 401);
  assert.ok(caller.application.id);
});

test('a client may keep the id, the secret and the key that it has', async () => {
  const { application } = await opened.newCaller();
  const kept = {
    applicationId: '7873310555ea4ee972518ae9559f276707c77fab',
    applicationSecret: 'the secret of old times'.replaceAll(' ', '-'),
  };
  const made = take(await opened.service.createCredential(application.id, 'smscx', kept));
  assert.equal(made.shown['applicationSecret'], kept.applicationSecret);
  const basic = Buffer.from(`${kept.applicationId}:${kept.applicationSecret}`).toString('base64');
  const answer = await opened.app.inject({
    method: 'POST',
    url: '/oauth/token',
    headers: { authorization: `Basic ${basic}` },
    payload: { grant_type: 'client_credentials' },
  });
  assert.equal(answer.statusCode, 200);
  const apiKey = 'a-key-that-the-vendor-made-0123456789';
  take(await opened.service.createCredential(application.id, 'smscx', { apiKey }));
  const listed = await opened.app.inject({
    url: '/applications',
    headers: { 'x-api-key': apiKey },
  });
  assert.deepEqual(
    listed.json().data.map((one: { applicationId: string }) => one.applicationId),
    [kept.applicationId],
  );
});

test('credentials are made anew each time, and lead back from what was shown', () => {
  const [first, second] = [take(credentials.make({})), take(credentials.make({}))];
  assert.notEqual(first.publicId, second.publicId);
  assert.match(first.publicId, /^[0-9a-f]{40}$/);
  assert.deepEqual(credentials.present(first.shown), {
    publicId: first.publicId,
    secrets: {
      applicationSecret: first.shown['applicationSecret'],
      apiKey: first.shown['apiKey'],
    },
  });
  const key = take(credentials.make({ apiKey: 'x'.repeat(20) }));
  assert.equal(credentials.present(key.shown)?.publicId, key.publicId);
  for (const shown of [{}, { applicationId: 'a' }, { apiKey: 'k', applicationId: 7 }]) {
    assert.equal(credentials.present(shown), null);
  }
  assert.equal(presentKey('short'), null);
  for (const header of [undefined, '', 'Basic', 'Basic YQ==', 'Bearer YTpi']) {
    assert.equal(presentBasic(header), null);
  }
});

test('credentials that no client of the vendor has are refused by name', () => {
  const own = take(credentials.make({})).shown['apiKey'];
  const wrong = [
    [{ applicationId: 'app' }, '/applicationId'],
    [{ applicationId: 'a:b:c:d:e' }, '/applicationId'],
    [{ applicationId: 'application' }, '/applicationSecret'],
    [{ applicationSecret: 'x'.repeat(20) }, '/applicationSecret'],
    [{ applicationId: 'application', applicationSecret: 'short' }, '/applicationSecret'],
    [{ scopes: 'otp everything' }, '/scopes'],
    [{ scopes: '' }, '/scopes'],
    [{ tokenExpiration: '1 year' }, '/tokenExpiration'],
    [{ tokenExpiration: 'constructor' }, '/tokenExpiration'],
    [{ apiKey: 'short' }, '/apiKey'],
    [{ apiKey: own }, '/apiKey'],
    [{ apiKey: 'x'.repeat(20), scopes: 'otp' }, '/scopes'],
    [{ key: 'x' }, '/key'],
  ] as const;
  for (const [options, pointer] of wrong) {
    assert.equal(refusalOf(credentials.make(options)).pointer, pointer);
  }
});

test('what is wrong with a request as a whole is said in the vendor’s way', async () => {
  const faults = [
    [{ url: '/compat/smscx/unknown' }, 404, 'not_found'],
    [{ url: '/otp/x', method: 'PATCH' }, 405, 'invalid_method'],
    [{ url: '/otp', method: 'POST', headers: { 'content-encoding': 'gzip' } }, 415, 'invalid_body'],
    [
      { url: '/oauth/token', method: 'POST', payload: { grant_type: 'x'.repeat(20_000) } },
      413,
      'invalid_body',
    ],
  ] as const;
  for (const [request, status, type] of faults) {
    const answer = await opened.app.inject(request as { url: string });
    const { error } = answer.json();
    assert.deepEqual([answer.statusCode, error.type, error.code], [status, type, status]);
    assert.deepEqual(Object.keys(error), ['type', 'message', 'uri', 'code']);
  }
});
