import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { type OpenedFacade, openFacade } from '#compat/facade.fixture.ts';
import { smscx } from '#compat/smscx/facade.ts';
import { newOtpClient } from '#compat/smscx/smscx.fixture.ts';
import { uuidHandle } from '#domain/handle.ts';
import { defaultLimits } from '#domain/limits.ts';
import { createTestProvider, refusalOf, take } from '#service/service.fixture.ts';

let opened: OpenedFacade;
before(async () => {
  const price = { amount: '0.1', currency: 'USD' };
  opened = await openFacade(smscx, { providers: [createTestProvider({ price })] });
});
after(() => opened.end());

const newestMessage = () => opened.provider.handed.at(-1);

describe('the text', () => {
  const own = {
    template: 'All: {{pin}}',
    template_fr: 'Settings fr: {{ pin }}',
    template_de: 'Settings de: {{pin}}',
  };
  const chosen = [
    ['settings, by the number’s language', '+33612424100', {}, /^Settings fr: /],
    ['settings, for a language without one', '+359878123456', {}, /^All: /],
    ['the request’s for all beats the settings', '+33612424100', { template: 'R {{pin}}' }, /^R /],
    [
      'the request’s, by the number’s language',
      '+359878123456',
      { template: 'R {{pin}}', template_bg: 'Bulgarian {{pin}}' },
      /^Bulgarian /,
    ],
    [
      'settings, where the request has other languages only',
      '+4915112345678',
      { template_bg: 'Bulgarian {{pin}}' },
      /^Settings de: /,
    ],
  ] as const;
  for (const [name, phoneNumber, fields, text] of chosen) {
    test(`comes from the ${name}`, async () => {
      const client = await newOtpClient(opened, own);
      const { otpId } = await client.create({ phoneNumber, ...fields });
      const message = newestMessage();
      assert.match(message?.text ?? '', text);
      assert.ok(message?.text.endsWith(await client.pinOf(otpId)));
      assert.equal(message?.channel, 'sms');
    });
  }

  test('shows what the application is called, by the vendor’s placeholders', async () => {
    const placeholders = {
      companyName: 'Shop & Co',
      companyUrl: 'https://shop.example',
      companyEmail: 'help@shop.example',
      companyPhone: '+33 1 23',
      appTrack: 'a7',
    };
    const names = Object.keys(placeholders).map((name) => `{{${name}}}`);
    const template = `${names.join(' | ')}: {{pin}}`;
    const client = await newOtpClient(opened, placeholders);
    const { otpId } = await client.create({ template });
    const values = Object.values(placeholders).join(' | ');
    assert.equal(newestMessage()?.text, `${values}: ${await client.pinOf(otpId)}`);
    const without = await newOtpClient(opened);
    const answer = await without.call('POST', '/otp', { phoneNumber: '+33612424100', template });
    assert.deepEqual([answer.statusCode, answer.json().error.code], [400, 2006]);
  });

  test('is refused with what is wrong with it', async () => {
    const client = await newOtpClient(opened);
    for (const [template, reason] of [
      ['{{pin}} for {{order}}', 'The placeholder {{order}} has no value here.'],
      ['{{pin}} and {{pin}}', 'The text holds the code more than once.'],
    ]) {
      const body = { phoneNumber: '+33612424100', template };
      const { error } = (await client.call('POST', '/otp', body)).json();
      const sentence = `The parameter 'template' cannot be sent as a text message. ${reason}`;
      assert.deepEqual([error.code, error.message], [2006, sentence]);
    }
  });

  test('is ours in the language of the number where nobody set one', async () => {
    const client = await newOtpClient(opened);
    const texts: string[] = [];
    for (const phoneNumber of ['+33612424100', '+14155550123']) {
      const { otpId } = await client.create({ phoneNumber });
      texts.push(newestMessage()?.text.replace(await client.pinOf(otpId), 'PIN') ?? '');
    }
    assert.notEqual(texts[0], texts[1]);
    assert.match(texts[1] ?? '', /^PIN is your Shop code\./);
  });
});

describe('the sender', () => {
  const cases = [
    [{ from: 'Verify' }, { from: 'Shop' }, 'Verify'],
    [{}, { from: 'Shop' }, 'Shop'],
    [{ from: 'Fifteen letters' }, { from: 'Shop' }, 'Shop'],
    [{ from: 'Fifteen letters' }, null, null],
  ] as const;
  for (const [fields, own, sender] of cases) {
    test(`${JSON.stringify(fields)} with settings ${JSON.stringify(own)}: ${sender}`, async () => {
      await (await newOtpClient(opened, own)).create(fields);
      assert.equal(newestMessage()?.sender, sender);
    });
  }
});

describe('the number', () => {
  const read = [
    ['33612424100', null, {}, '+33612424100'],
    ['33612424100', 'IN', {}, '+33612424100'],
    ['9876543210', 'IN', {}, '+919876543210'],
    ['0612424100', 'IN', { countryIso: 'fr' }, '+33612424100'],
    ['+33612424100', 'IN', { countryIso: 'DE' }, '+33612424100'],
    ['0033612424100', 'FR', {}, '+33612424100'],
  ] as const;
  for (const [phoneNumber, country, fields, expected] of read) {
    test(`${phoneNumber} with ${JSON.stringify(fields)} at home in ${country}`, async () => {
      const client = await newOtpClient(opened, null, { country });
      assert.equal((await client.create({ phoneNumber, ...fields })).phoneNumber, expected);
    });
  }

  const refused = [
    ['0612424100', null, {}, 2002],
    ['0612424100', 'IN', {}, 2020],
    ['33612424100', null, { countryIso: 'IN' }, 2020],
    ['33612424100', null, { countryIso: 'XX', from: 'a' }, 2003],
    ['+3361', 'FR', {}, 2020],
  ] as const;
  for (const [phoneNumber, country, fields, code] of refused) {
    const name = `${phoneNumber} with ${JSON.stringify(fields)} at home in ${country}: ${code}`;
    test(name, async () => {
      const client = await newOtpClient(opened, null, { country });
      const answer = await client.call('POST', '/otp', { phoneNumber, ...fields });
      assert.deepEqual([answer.statusCode, answer.json().error.code], [400, code]);
    });
  }
});

const pins = [
  [{ pinType: 'letters', pinLength: 4 }, /^[A-Z]{4}$/],
  [{ pinType: 'numbers', pinLength: 10 }, /^[0-9]{10}$/],
  [{ pinType: 'alphanumeric', pinLength: '5' }, /^[A-Z0-9]{5}$/],
] as const;
for (const [fields, shape] of pins) {
  test(`a PIN of ${JSON.stringify(fields)} is made, and is right in small letters`, async () => {
    const client = await newOtpClient(opened);
    const { otpId } = await client.create(fields);
    const pin = await client.pinOf(otpId);
    assert.match(pin, shape);
    const answer = await client.verify(otpId, pin.toLowerCase());
    assert.deepEqual([answer.statusCode, answer.json()], [200, { status: 'VERIFIED' }]);
  });
}

test('dates are UTC, and as far apart as the PIN lives', async () => {
  const client = await newOtpClient(opened);
  const { dateCreated, dateExpires, otpId } = await client.create({ ttl: 1_800 });
  for (const date of [dateCreated, dateExpires])
    assert.match(date, /^\d{4}(-\d\d){2} \d\d(:\d\d){2}$/);
  const [created, expires] = [dateCreated, dateExpires].map((date) => Date.parse(`${date}Z`));
  assert.equal(Number(expires) - Number(created), 1_800_000);
  const { createdAtMs } = take(
    await opened.service.readVerification(client.caller, await client.idOf(otpId)),
  );
  assert.equal(created, Math.floor(createdAtMs / 1000) * 1000);
});

describe('cost and parts', () => {
  const long = `{{pin}} ${'x'.repeat(200)}`;
  test('are those of the message', async () => {
    const client = await newOtpClient(opened);
    const { cost, parts, otpId } = await client.create({ template: long });
    assert.deepEqual([cost, parts], [0.1, 2]);
    await opened.whenIdle();
    opened.provider.answer = () => ({
      kind: 'accepted',
      providerMessageId: null,
      cost: { amount: '0.17', currency: 'USD' },
    });
    const told = await client.create();
    await opened.whenIdle();
    assert.deepEqual([(await client.read(otpId)).cost, (await client.read(otpId)).parts], [0.1, 2]);
    assert.equal((await client.read(told.otpId)).cost, 0.17);
    opened.provider.answer = () => ({ kind: 'refused', error: 'no' });
    const refused = await client.create();
    await opened.whenIdle();
    assert.equal((await client.read(refused.otpId)).cost, 0);
    opened.provider.answer = () => ({ kind: 'accepted', providerMessageId: null });
  });
});

test('an OTP is seen through the native door, with its origin, and cancelled by it', async () => {
  const client = await newOtpClient(opened);
  const { otpId } = await client.create({ trackId: '3b90b6d3-4fd6-40d8-9b2d-310cb50f201d' });
  const id = await client.idOf(otpId);
  const native = { ...client.caller, origin: 'api' };
  const view = take(await opened.service.readVerification(native, id));
  assert.deepEqual(
    [view.origin, view.purpose, view.reference],
    ['smscx', 'smscx', '3b90b6d3-4fd6-40d8-9b2d-310cb50f201d'],
  );
  take(await opened.service.cancelVerification(native, id, null));
  assert.equal((await client.read(otpId)).status, 'CANCELLED');
});

test('a code of another door is no PIN here, and spends no try', async () => {
  const client = await newOtpClient(opened);
  const native = { ...client.caller, origin: 'api' };
  const own = await opened.start(native, { recipient: '+33612424100' });
  const code = opened.codeOf(own.id);
  const answer = await client.verify(uuidHandle(own.id), code);
  assert.deepEqual([answer.statusCode, answer.json().error.code], [404, 2021]);
  assert.equal((await opened.check(native, own.id, code)).approved, true);
});

test('nobody finds the OTP of another application, nor a start that was refused', async () => {
  const settings = { limits: { ...defaultLimits, recipientSendsHourMax: 1 } };
  const client = await newOtpClient(opened, null, settings);
  const stranger = await newOtpClient(opened);
  const { otpId } = await client.create();
  for (const answer of [
    await stranger.call('GET', `/otp/${otpId}`),
    await stranger.verify(otpId, await client.pinOf(otpId)),
    await stranger.call('DELETE', `/otp/${otpId}`),
  ]) {
    assert.deepEqual([answer.statusCode, answer.json().error.code], [404, 2021]);
  }
  assert.equal((await client.read(otpId)).status, 'PENDING');
});

test('no body whatsoever is answered with 5xx or in other words than the vendor’s', async () => {
  const client = await newOtpClient(opened);
  const { otpId } = await client.create();
  const field = fc.constantFrom(
    ...['phoneNumber', 'to', 'countryIso', 'from', 'template', 'template_fr', 'trackId', 'ttl'],
    ...['maxAttempts', 'pinType', 'pinLength', 'otpCallbackUrl', 'pin', '__proto__', 'toString'],
  );
  const bodies = fc.oneof(fc.jsonValue(), fc.dictionary(field, fc.jsonValue({ maxDepth: 1 })));
  await fc.assert(
    fc.asyncProperty(bodies, fc.constantFrom('/otp', `/otp/${otpId}`), async (body, url) => {
      const answer = await opened.app.inject({
        method: 'POST',
        url,
        headers: { 'x-api-key': client.apiKey, 'content-type': 'application/json' },
        payload: JSON.stringify(body),
      });
      assert.ok(answer.statusCode < 500, answer.body);
      if (answer.statusCode >= 400) assert.equal(typeof answer.json().error.code, 'number');
    }),
    { numRuns: 150 },
  );
});

test('no id and no credentials whatsoever are answered with 5xx or in other words', async () => {
  const { apiKey } = await newOtpClient(opened);
  // What a header may hold: visible characters and blanks (RFC 9110 section 5.5).
  const header = fc.oneof(
    fc.string({ unit: fc.constantFrom(...' :.-_=abcXYZ0189'), maxLength: 80 }),
    fc.base64String({ maxLength: 200 }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.webSegment(),
      fc.option(header),
      fc.constantFrom('Basic ', 'Bearer ', ''),
      fc.constantFrom('GET', 'POST', 'DELETE'),
      async (otpId, credential, scheme, method) => {
        const headers: Record<string, string> =
          credential === null
            ? { 'x-api-key': apiKey }
            : { authorization: `${scheme}${credential}`, 'x-api-key': credential };
        const given = credential === null ? `/otp/${otpId}` : '/applications';
        const url = `/compat/smscx${given}`;
        const answer = await opened.app.inject({ method, url, headers });
        assert.ok(answer.statusCode >= 400 && answer.statusCode < 500, answer.body);
        assert.equal(typeof answer.json().error.code, 'number');
      },
    ),
    { numRuns: 150 },
  );
});

test('neither keys nor tokens nor numbers are in the log', async () => {
  const client = await newOtpClient(opened);
  const before = opened.lines.length;
  const { otpId } = await client.create();
  await client.verify(otpId, await client.pinOf(otpId));
  const lines = opened.lines.slice(before).join('\n');
  assert.ok(lines.includes(client.caller.application.id));
  for (const secret of [client.apiKey, '33612424100', otpId]) assert.ok(!lines.includes(secret));
});

test('a door that other vendors’ clients come through has no pause between sends', async () => {
  const client = await newOtpClient(opened);
  const first = await client.create();
  const second = await client.create();
  assert.notEqual(first.otpId, second.otpId);
  const native = { ...client.caller, origin: 'api' };
  const refused = await opened.service.startVerification(
    native,
    { recipient: '+33612424100' },
    null,
  );
  assert.equal(refusalOf(refused).limit?.name, 'recipient_sends_interval');
});
