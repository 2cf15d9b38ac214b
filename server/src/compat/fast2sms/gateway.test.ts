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
import { errorRows } from '#compat/fast2sms/errors.ts';
import { fast2sms } from '#compat/fast2sms/facade.ts';
import { take } from '#service/service.fixture.ts';

interface Step extends Exchange {
  /** Of `rows.json`: what it shows of the vendor's tables. */
  readonly rows: readonly string[];
  /** What the account has in its panel, and its wallet. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The texts that go out. */
  readonly sends?: readonly string[];
}

const stepsOf = (name: string) =>
  readExchanges(new URL(`./exchanges/${name}.json`, import.meta.url)) as readonly Step[];
const steps = stepsOf('gateway');

let opened: OpenedFacade;
before(async () => {
  opened = await openFacade(fast2sms);
});
after(() => opened.end());

let mobiles = 0;

/** Ten digits, each number once. */
function newMobile(): string {
  mobiles += 1;
  return String(9_812_000_000 + mobiles);
}

/** In the vendor's spelling, which is the time of India. */
async function momentIn(hours: number): Promise<string> {
  const atMs = (await opened.storage.now()) + (hours + 5.5) * 3_600_000;
  return new Date(atMs).toISOString().slice(0, 16).replace(/[T:]/g, '-');
}

async function newClientOf({ settings = {} }: Step): Promise<FacadeClient> {
  const client = await opened.newClient();
  const { fast2sms: own, ...others } = settings;
  const patch = { ...others, ...(own === undefined ? {} : { facades: { fast2sms: own } }) };
  if (Object.keys(patch).length > 0) {
    take(await opened.service.changeSettings(client.caller.application.id, patch));
    // What an application is may be remembered for a moment; a new one is not.
    const made = await opened.service.createCredential(
      client.caller.application.id,
      'fast2sms',
      {},
    );
    return { ...client, shown: take(made).shown };
  }
  return client;
}

function send(query: Readonly<Record<string, string>>, { shown }: FacadeClient) {
  const { authorization = '' } = shown;
  const words = new URLSearchParams({ authorization, ...query });
  return opened.app.inject(`/dev/bulkV2?${words}`);
}

describe('the gateway answers as recorded', () => {
  for (const [index, step] of steps.entries()) {
    test(step.name, async () => {
      const client = await newClientOf(step);
      const values = new Map(Object.entries(client.shown))
        .set('mobile', newMobile())
        .set('mobile2', newMobile())
        .set('soon', await momentIn(2))
        .set('writtenTo', newMobile());
      if (step.name === 'a second message at once') {
        const numbers = values.get('writtenTo') ?? '';
        assert.equal((await send({ route: 'q', message: 'One', numbers }, client)).statusCode, 200);
        await opened.whenIdle();
      }
      const handed = opened.provider.handed.length;
      const prefix = index % 2 === 0 ? '' : '/compat/fast2sms';
      await replay(opened.app, step, values, prefix);
      await opened.whenIdle();
      const texts = opened.provider.handed.slice(handed).map(({ text }) => text);
      assert.deepEqual(texts.toSorted(), step.sends ?? []);
      const requestId = values.get('requestId');
      if (requestId !== undefined) assert.match(requestId, /^[0-9a-z]{15}$/);
    });
  }
});

test('every row of the reference is replayed, or its absence has a reason in the docs', () => {
  const file = new URL('./exchanges/rows.json', import.meta.url);
  const table = JSON.parse(readFileSync(file, 'utf8')) as readonly string[];
  const replayed = new Set([...steps, ...stepsOf('managed-otp')].flatMap((step) => step.rows));
  const page = new URL('../../../../docs/reference/compat/fast2sms.md', import.meta.url);
  const [, notServed = ''] = readFileSync(page, 'utf8').split('## Not served');
  const refused = [...notServed.matchAll(/^\| (error \d{3}) \|/gm)].map(([, row]) => row ?? '');
  assert.deepEqual([...replayed, ...refused].toSorted(), table.toSorted());
  assert.equal(table.length, 89);
  for (const code of Object.keys(errorRows)) assert.ok(replayed.has(`error ${code}`), code);
});

test('a message goes out at its moment, in the time of India', async () => {
  const client = await opened.newClient();
  const numbers = newMobile();
  const schedule_time = await momentIn(2);
  const asked = { route: 'q', message: 'Later', numbers, schedule_time };
  assert.equal((await send(asked, client)).statusCode, 200);
  const isSent = () => opened.provider.handed.some((one) => one.destination === `+91${numbers}`);
  await opened.advance(2 * 3_600 - 120);
  assert.equal(isSent(), false);
  await opened.advance(180);
  assert.equal(isSent(), true);
});

test('where one of several numbers is at its limit, the others are written to', async () => {
  const client = await opened.newClient();
  const [written, fresh] = [newMobile(), newMobile()];
  const asked = { route: 'q', message: 'Hello' };
  assert.equal((await send({ ...asked, numbers: written }, client)).statusCode, 200);
  const both = await send({ ...asked, numbers: `${written},${fresh}` }, client);
  assert.equal(both.statusCode, 200);
  const { items } = take(await opened.service.listMessages(client.caller, { limit: 10 }));
  assert.deepEqual(items.map(({ status }) => status).toSorted(), ['blocked', 'sent', 'sent']);
  assert.ok(items.every(({ origin }) => origin === 'fast2sms'));
});

test('at the sends of a day the vendor’s spamming row says so', async () => {
  const limits = { recipientSendsHourMax: 20 };
  const client = await opened.newClient();
  take(await opened.service.changeSettings(client.caller.application.id, { limits }));
  const numbers = newMobile();
  const codes: unknown[] = [];
  for (let index = 0; index < 12; index++) {
    await opened.advance(31);
    const answer = await send({ route: 'otp', variables_values: '1234', numbers }, client);
    codes.push(bodyOf(answer)['status_code'] ?? 200);
  }
  assert.equal(codes.filter((code) => code === 200).length, 10);
  assert.deepEqual(codes.slice(-2), [995, 995]);
});

test('a code of the caller’s making stands in no log, no list and no answer', async () => {
  const client = await opened.newClient();
  const numbers = newMobile();
  const asked = { route: 'otp', variables_values: '8046137', numbers };
  const answer = await send(asked, client);
  await opened.whenIdle();
  assert.equal(opened.provider.handed.at(-1)?.code, '8046137');
  const { items } = take(await opened.service.listMessages(client.caller, { limit: 10 }));
  const { authorization = '' } = client.shown;
  const told = [answer.body, JSON.stringify(items), ...opened.lines, ...opened.log].join('\n');
  for (const secret of ['8046137', authorization, numbers]) assert.ok(!told.includes(secret));
});

test('a message that is a number alone is known as a code to providers that take one', async () => {
  const client = await opened.newClient();
  for (const [message, code] of [
    ['4711', '4711'],
    [' 12345678 ', '12345678'],
    ['Code 4711', null],
    ['471', null],
  ] as const) {
    const asked = { route: 'v3', sender_id: 'FSTSMS', message, numbers: newMobile() };
    assert.equal((await send(asked, client)).statusCode, 200);
    await opened.whenIdle();
    const sent = opened.provider.handed.at(-1);
    assert.deepEqual([sent?.text, sent?.code], [message, code]);
  }
});

test('credentials of one application never open another, nor does a revoked key', async () => {
  const [one, other] = [await opened.newClient(), await opened.newClient()];
  const numbers = newMobile();
  assert.equal((await send({ route: 'q', message: 'Hello', numbers }, one)).statusCode, 200);
  const { items } = take(await opened.service.listMessages(other.caller, { limit: 10 }));
  assert.deepEqual(items, []);
  take(await opened.service.revokeCredential('fast2sms', one.credentialId));
  const refused = await send({ route: 'q', message: 'Hello', numbers: newMobile() }, one);
  assert.equal(bodyOf(refused)['status_code'], 412);
});

test('nothing that a caller can send breaks a call', async () => {
  const client = await opened.newClient();
  const { authorization = '' } = client.shown;
  const odd = [null, true, -1, 1e300, '', '\u0000', '\ud800', 'x'.repeat(9_000), [], [[]], {}];
  const names = ['route', 'message', 'numbers', 'sender_id', 'language', 'flash', 'schedule_time'];
  const more = [
    'variables_values',
    'variables',
    'requests',
    'mobile',
    'otp',
    'otp_id',
    'request_id',
  ];
  for (const path of ['/dev/bulk', '/dev/bulkV2', '/dev/otp/send', '/dev/otp/verify']) {
    for (const route of ['otp', 'q', 'dlt', 'qt']) {
      for (const name of [...names, ...more]) {
        for (const value of odd) {
          const numbers = '9812345678';
          const payload = { route, message: 'x', numbers, sender_id: 'FSTSMS', [name]: value };
          const headers = { authorization };
          const answer = await opened.app.inject({ method: 'POST', url: path, headers, payload });
          assert.ok(answer.statusCode < 500, `${path} ${name} ${JSON.stringify(value)}`);
          assert.equal(typeof bodyOf(answer)['return'], 'boolean');
        }
      }
    }
  }
});
