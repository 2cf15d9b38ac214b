/** What a code of this façade goes through, over calls, doors and time. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { LightMyRequestResponse } from 'fastify';
import {
  type CapillaryClient,
  codesOf,
  entity,
  mobile,
  newCapillaryClient,
  saveTemplates,
} from '#compat/capillary/capillary.fixture.ts';
import { capillary } from '#compat/capillary/facade.ts';
import { bodyOf, type OpenedFacade, openFacade } from '#compat/facade.fixture.ts';
import type { ApplicationSettings } from '#domain/application.ts';
import type { Template } from '#domain/template.ts';
import { take, wrong } from '#service/service.fixture.ts';

let opened: OpenedFacade;
before(async () => {
  opened = await openFacade(capillary);
});
after(() => opened.end());

const newClient = (settings?: Partial<ApplicationSettings>) => newCapillaryClient(opened, settings);

/** What was handed to the provider for this client, oldest first. */
async function handedTo(client: CapillaryClient) {
  await opened.whenIdle();
  const { id } = client.caller.application;
  return opened.provider.handed.filter(({ applicationId }) => applicationId === id);
}

/** Real time passes beside the clock that the test moves. */
function assertWait({ headers }: LightMyRequestResponse, secondsMax: number): void {
  const seconds = Number(headers['retry-after']);
  assert.ok(seconds <= secondsMax && seconds > secondsMax - 60, `${seconds} of ${secondsMax} s`);
}

const everywhere = {
  entityType: 'EMAIL',
  entityValue: 'tom.sawyer@example.com',
  template: 'SMS {{ validation_code }}',
  emailTemplate: { subject: 'For you', body: '<p>Mail <b>{{otp_code}}</b></p>' },
  whatsappTemplateName: 'otp_whatsapp',
  zaloTemplateIdentifier: 'otp_zalo',
  channels: [
    { type: 'SMS', value: '9955882233' },
    { type: 'EMAIL', value: 'tom.sawyer@example.com' },
    { type: 'PHONE', value: '9955882244' },
    { type: 'WHATSAPP', value: '9955882255' },
    { type: 'ZALO', value: '9955882266' },
  ],
};

describe('channels', () => {
  test('all get the code at once, each at its own value and with its own text', async () => {
    const client = await newClient();
    await saveTemplates(opened, client);
    assert.equal((await client.generate(everywhere)).statusCode, 200);
    const handed = await handedTo(client);
    const code = client.newestCode();
    const told = handed.map(({ channel, destination, text }) => [channel, destination, text]);
    assert.deepEqual(told.sort(), [
      ['email', 'tom.sawyer@example.com', `Mail ${code}`],
      ['sms', '+919955882233', `SMS ${code}`],
      ['voice', '+919955882244', told.find(([channel]) => channel === 'voice')?.[2]],
      ['whatsapp', '+919955882255', `By otp_whatsapp: ${code}`],
      ['zalo', '+919955882266', `By otp_zalo: ${code}`],
    ]);
    assert.ok(handed.every((message) => message.code === code));
    const mail = handed.find(({ channel }) => channel === 'email');
    assert.equal(mail?.subject, 'For you');
    assert.equal(mail?.html, `<p>Mail <b>${code}</b></p>`);
    const right = await client.validate(code, {
      entityType: 'EMAIL',
      entityValue: 'tom.sawyer@example.com',
    });
    assert.deepEqual(bodyOf(right), { entity: true, warnings: [] });
  });

  test('without a template get the vendor’s own texts', async () => {
    const client = await newClient();
    const channels = everywhere.channels.slice(0, 2);
    await client.generate({ channels });
    const [sms, mail] = (await handedTo(client)).sort((one) => (one.channel === 'sms' ? -1 : 1));
    const code = client.newestCode();
    assert.equal(sms?.text, `Hi user.Your otp for validation is ${code}.`);
    assert.equal(mail?.subject, 'Validation Code');
    assert.equal(
      mail?.text,
      `Dear Customer, The validation code for your request is: ${code}. You will also receive ` +
        'the validation code by SMS on your registered mobile number shortly.',
    );
  });

  test('by mail alone promise no SMS', async () => {
    const client = await newClient();
    await client.generate({ channels: everywhere.channels.slice(1, 2) });
    const [mail] = await handedTo(client);
    const code = client.newestCode();
    assert.equal(mail?.text, `Dear Customer, The validation code for your request is: ${code}.`);
  });

  test('take the template of the action, then the application’s', async () => {
    const client = await newClient({
      facades: { capillary: { templates: { COUPON: 'otp_coupon' } } },
    });
    const { id } = client.caller.application;
    for (const [name, purposes] of [
      ['otp_coupon', ['COUPON']],
      ['otp_all', []],
    ] as const) {
      const text = `${name} {{otp_code}}`;
      const variant = { channel: 'sms', language: 'en', prefix: null, subject: null, html: null };
      const template = { name, state: 'approved', purposes, variants: [{ ...variant, text }] };
      take(await opened.service.saveTemplate(id, template as Template));
    }
    take(await opened.service.changeSettings(id, { template: 'otp_all' }));
    await client.generate({ action: 'COUPON' });
    await client.generate({ action: 'POINTS' });
    await client.generate({ action: 'GENERIC', template: 'mine {{otp_code}}' });
    const texts = (await handedTo(client)).map(({ text }) => text.split(' ')[0]);
    assert.deepEqual(texts.sort(), ['mine', 'otp_all', 'otp_coupon']);
  });

  test('get their SMS at a landline too, with a warning', async () => {
    const client = await newClient();
    const answer = await client.generate({ entityValue: '02222694950' });
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal(bodyOf<{ warnings: unknown[] }>(answer).warnings.length, 1);
    assert.equal((await handedTo(client)).length, 1);
  });
});

describe('a text of the call', () => {
  const unfit = {
    'without the code': 'no code in it',
    'with an unknown placeholder': '{{ otp_code }} for {{ first_name }}',
    'that cannot be read': '{{% {{ otp_code }}',
    'that is too long': `{{ otp_code }}${'x'.repeat(2_000)}`,
  };
  for (const [which, template] of Object.entries(unfit)) {
    test(`${which} is refused in the vendor’s words`, async () => {
      const client = await newClient();
      const answer = await client.generate({ template });
      assert.deepEqual([answer.statusCode, codesOf(answer)], [400, [608]]);
      assert.ok(answer.body.includes('{{ validation_code }}'));
      for (const ours of ['{{code}}', 'first_name', 'line:1'])
        assert.ok(!answer.body.includes(ours));
      assert.equal((await handedTo(client)).length, 0);
    });
  }
});

describe('a code that is generated again', () => {
  test('is the same one, and goes where the newer call says', async () => {
    const client = await newClient();
    const first = bodyOf<{ createdId: number }>(await client.generate());
    assert.ok(first.createdId > 1);
    await opened.whenIdle();
    const code = client.newestCode();
    const channels = [{ type: 'EMAIL', value: 'ana@example.com' }];
    const emailTemplate = { body: 'again {{validation_code}}' };
    const second = await client.generate({ channels, emailTemplate });
    assert.deepEqual(bodyOf(second), { createdId: 1, warnings: [] });
    const [sms, mail] = await handedTo(client);
    assert.deepEqual([sms?.channel, sms?.destination], ['sms', '+919955882233']);
    assert.deepEqual([mail?.destination, mail?.text], ['ana@example.com', `again ${code}`]);
    assert.deepEqual(bodyOf(await client.validate(code)), { entity: true, warnings: [] });
  });

  test('is tried again to where it was meant for, after a provider’s bad moment', async () => {
    const client = await newClient();
    await client.generate();
    await opened.whenIdle();
    opened.provider.answer = () => ({ kind: 'unavailable', error: 'busy' });
    const channels = [
      { type: 'PHONE', value: '9955882244' },
      { type: 'SMS', value: '9955882255' },
    ];
    await client.generate({ channels, template: 'second {{otp_code}}' });
    await opened.whenIdle();
    opened.provider.answer = () => ({ kind: 'accepted', providerMessageId: null });
    const before = (await handedTo(client)).length;
    await opened.advance(30);
    await opened.maintenance.deliverDue();
    const again = (await handedTo(client)).slice(before);
    const code = client.newestCode();
    assert.deepEqual(again.map(({ channel, destination }) => `${channel} ${destination}`).sort(), [
      'sms +919955882255',
      'voice +919955882244',
    ]);
    const sms = again.find(({ channel }) => channel === 'sms');
    assert.equal(sms?.text, `second ${code}`);
  });

  test('is another one for another action, entity or organisation', async () => {
    const client = await newClient({ code: { alphabet: 'digits', length: 10 } });
    await client.generate();
    await opened.whenIdle();
    const code = client.newestCode();
    for (const other of [{ action: 'POINTS' }, { entityValue: '9955882299' }]) {
      const answer = await client.generate(other);
      assert.notEqual(bodyOf(answer)['createdId'], 1);
      await opened.whenIdle();
      assert.notEqual(client.newestCode(), code);
      assert.deepEqual(bodyOf(await client.validate(code, other))['entity'], false);
    }
    const stranger = await newClient();
    assert.deepEqual(codesOf(await stranger.validate(code)), [605]);
  });

  test('is a new one once its life is over', async () => {
    const client = await newClient();
    await client.generate();
    const code = client.newestCode();
    await opened.advance(301);
    assert.deepEqual(codesOf(await client.validate(code)), [605]);
    assert.notEqual(bodyOf(await client.generate())['createdId'], 1);
  });
});

describe('after wrong guesses', () => {
  test('ten in a day, a recipient’s code that is generated again is new and longer', async () => {
    const client = await newClient();
    await client.generate({ action: 'POINTS' });
    await opened.whenIdle();
    const short = client.newestCode();
    assert.equal(short.length, 6);
    for (const action of ['COUPON', 'GENERIC']) {
      await client.generate({ action });
      await opened.whenIdle();
      const code = client.newestCode();
      for (let by = 1; by <= 5; by++) {
        const answer = await client.validate(wrong(code, by), { action });
        assert.equal(bodyOf(answer)['entity'], false);
      }
    }
    assert.deepEqual(codesOf(await client.validate(short, { action: 'POINTS' })), [605]);
    const again = await client.generate({ action: 'POINTS' });
    assert.ok(bodyOf<{ createdId: number }>(again).createdId > 1);
    await opened.whenIdle();
    const long = client.newestCode();
    assert.equal(long.length, 8);
    assert.equal(bodyOf(await client.validate(long, { action: 'POINTS' }))['entity'], true);
  });

  test('the last one of a code, it is never right again', async () => {
    const client = await newClient({ checksMax: 1 });
    await client.generate();
    const code = client.newestCode();
    assert.equal(bodyOf(await client.validate(wrong(code)))['entity'], false);
    assert.deepEqual(codesOf(await client.validate(code)), [605]);
  });
});

describe('limits', () => {
  test('of an hour roll, count calls and not messages, and are each recipient’s own', async () => {
    const client = await newClient({ facades: { capillary: { otpRateLimitOneHour: 2 } } });
    const channels = [
      { type: 'SMS', value: mobile },
      { type: 'PHONE', value: mobile },
    ];
    assert.equal((await client.generate({ channels })).statusCode, 200);
    await opened.advance(1_800);
    assert.equal((await client.generate({ action: 'POINTS' })).statusCode, 200);
    const refused = await client.generate();
    assert.deepEqual([refused.statusCode, codesOf(refused)], [429, [517]]);
    assertWait(refused, 1_800);
    assert.equal((await client.generate({ entityValue: '9955882299' })).statusCode, 200);
    await opened.advance(1_800);
    assert.equal((await client.generate()).statusCode, 200);
  });

  test('of a day hold whatever the vendor’s limit is', async () => {
    const client = await newClient({});
    for (let sent = 0; sent < 10; sent++) {
      assert.equal((await client.generate()).statusCode, 200);
    }
    assert.deepEqual(codesOf(await client.generate()), [517]);
    assert.deepEqual(codesOf(await client.generate({ action: 'POINTS' })), [517]);
  });

  test('of validate count every call of an entity, also where there is no code', async () => {
    const client = await newClient({
      facades: { capillary: { validateRateLimitEnabled: true } },
    });
    for (let calls = 0; calls < 4; calls++) {
      assert.deepEqual(codesOf(await client.validate('123456')), [605]);
    }
    await client.generate();
    const code = client.newestCode();
    assert.equal(bodyOf(await client.validate(code))['entity'], true);
    const refused = await client.validate(code, { action: 'POINTS' });
    assert.deepEqual([refused.statusCode, codesOf(refused)], [429, [517]]);
    assertWait(refused, 900);
    await opened.advance(900);
    assert.deepEqual(codesOf(await client.validate(code)), [605]);
  });
});

test('a number of a country that is not allowed is told so', async () => {
  const client = await newClient({ countries: ['US'] });
  const { errors } = bodyOf<{ errors: unknown }>(await client.generate());
  const message = '"Unable to generate OTP at the moment. Numbers of this country are not allowed"';
  assert.deepEqual(errors, [{ status: false, code: 606, message }]);
});

describe('races', () => {
  test('of many right codes one is right', async () => {
    const client = await newClient({ checksMax: 10 });
    await client.generate();
    await opened.whenIdle();
    const code = client.newestCode();
    const answers = await Promise.all(Array.from({ length: 30 }, () => client.validate(code)));
    const right = answers.filter((answer) => bodyOf(answer)['entity'] === true);
    assert.equal(right.length, 1);
  });

  test('of many generates of one entity one makes a code, and all send it', async () => {
    const client = await newClient({});
    const answers = await Promise.all(Array.from({ length: 8 }, () => client.generate()));
    const ids = answers.map((answer) => bodyOf<{ createdId: number }>(answer).createdId);
    assert.equal(ids.filter((id) => id > 1).length, 1);
    assert.equal(ids.filter((id) => id === 1).length, 7);
    const codes = new Set((await handedTo(client)).map((message) => message.code));
    assert.equal(codes.size, 1);
  });

  test('through this door and our own at once one wins, and guesses are one budget', async () => {
    const client = await newClient({ checksMax: 10 });
    await client.generate();
    await opened.whenIdle();
    const code = client.newestCode();
    const check = (typed: string) =>
      opened.service.checkRecipient(
        client.caller,
        { recipient: `+91${mobile}`, purpose: entity.action, code: typed },
        null,
      );
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        if (index % 2 === 0) return bodyOf(await client.validate(code))['entity'] === true;
        const checked = await check(code);
        return checked.ok && checked.value.view.approved;
      }),
    );
    assert.equal(outcomes.filter(Boolean).length, 1);
    await client.generate();
    await opened.whenIdle();
    const next = client.newestCode();
    await Promise.all(
      Array.from({ length: 24 }, (_, index) =>
        index % 2 === 0 ? client.validate(wrong(next, index + 1)) : check(wrong(next, index + 1)),
      ),
    );
    const listed = take(
      await opened.service.listVerifications(client.caller, {
        recipient: `+91${mobile}`,
        limit: 1,
      }),
    );
    const [live] = listed.items;
    assert.deepEqual([live?.status, live?.origin], ['failed', 'capillary']);
    assert.equal(opened.comparisons(live?.id ?? ''), 10);
  });
});
