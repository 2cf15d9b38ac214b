import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { LightMyRequestResponse } from 'fastify';
import { type Exchange, readExchanges, replay } from '#compat/exchanges.fixture.ts';
import { type OpenedFacade, openFacade } from '#compat/facade.fixture.ts';
import { smscx } from '#compat/smscx/facade.ts';
import { losableStorage } from '#compat/storage-away.fixture.ts';
import type { ApplicationSettings } from '#domain/application.ts';
import { readUuidHandle } from '#domain/handle.ts';
import { createTestProvider, take, wrong } from '#service/service.fixture.ts';
import type { Caller } from '#service/service.ts';

/** An exchange, with the rows of the reference that it shows. */
interface Recorded extends Exchange {
  readonly rows: readonly string[];
  /** Parts that the application's credentials are made with. */
  readonly with?: Readonly<Record<string, unknown>>;
  /** The clock is moved before it. */
  readonly advanceSeconds?: number;
}

interface Story {
  readonly story: string;
  readonly settings?: Partial<ApplicationSettings>;
  readonly exchanges: readonly Recorded[];
}

const folder = new URL('./exchanges/', import.meta.url);
const read = (name: string) => readExchanges(new URL(name, folder)) as readonly Recorded[];
const readJson = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));

const single = ['start.json', 'token.json', 'calls.json'].flatMap(read);
const stories = readJson('stories.json') as readonly Story[];
const away = read('storage-away.json');
const callback = readJson('callback.json') as Pick<Recorded, 'rows'>;

let opened: OpenedFacade;
before(async () => {
  const price = { amount: '0.05', currency: 'USD' };
  opened = await openFacade(smscx, { providers: [createTestProvider({ price })] });
});
after(() => opened.end());

/** Everything that exchanges may name; what a template needs is no value of ours. */
async function newValues(
  settings: Partial<ApplicationSettings> = {},
  parts: Readonly<Record<string, unknown>> = {},
): Promise<{ values: Map<string, string>; caller: Caller }> {
  const { facades, ...others } = settings;
  const { caller, shown } = await opened.newClient(others, parts);
  const { applicationId = '', applicationSecret = '', apiKey = '' } = shown;
  const values = new Map(Object.entries(shown)).set('placeholder', '{{pin}}');
  values.set('unknown', '{{unknown}}').set('companyName', '{{companyName}}');
  if (facades !== undefined) {
    const own = JSON.parse(JSON.stringify(facades).replaceAll('{{placeholder}}', '{{pin}}'));
    take(await opened.service.changeSettings(caller.application.id, { facades: own }));
  }
  const basic = (secret: string) => Buffer.from(`${applicationId}:${secret}`).toString('base64');
  values.set('basic', basic(applicationSecret)).set('wrongBasic', basic('f'.repeat(40)));
  values.set('wrongApiKey', `${apiKey.slice(0, -1)}${apiKey.endsWith('0') ? 1 : 0}`);
  for (const [name, scope] of [
    ['token', 'otp'],
    ['smsToken', 'sms'],
  ] as const) {
    const answer = await opened.app.inject({
      method: 'POST',
      url: '/oauth/token',
      headers: { authorization: `Basic ${values.get('basic')}` },
      payload: { grant_type: 'client_credentials', scope },
    });
    values.set(name, answer.json().access_token ?? '');
  }
  return { values, caller };
}

/** The person reads the newest PIN on the phone. */
async function readPin(caller: Caller, values: Map<string, string>): Promise<void> {
  const handle = readUuidHandle(values.get('otpId') ?? '');
  const id = handle && (await opened.service.verificationIdOf(caller, handle));
  assert.ok(id);
  const pin = opened.codeOf(id);
  values.set('pin', pin).set('wrongPin', wrong(pin));
}

function checkHeaders({ headers }: LightMyRequestResponse, { name, rows }: Recorded): void {
  assert.match(String(headers['x-request-id']), /^req_/, name);
  assert.match(String(headers['x-response-time']), /^[0-9]+\.[0-9]{3}$/, name);
  const isLimited = rows.includes('header X-Rate-Limit-Reset');
  assert.equal(headers['x-rate-limit-limit'], isLimited ? '1' : '1000000', name);
  assert.equal(headers['x-rate-limit-remaining'], isLimited ? '0' : '1000000', name);
  if (!isLimited) {
    assert.equal(headers['x-rate-limit-reset'], undefined);
    return;
  }
  const inSeconds = Number(headers['x-rate-limit-reset']) - Date.now() / 1000;
  assert.ok(inSeconds > 3_500 && inSeconds <= 3_601, `${inSeconds}`);
}

for (const prefix of ['', '/compat/smscx']) {
  describe(`recorded exchanges at "${prefix}"`, () => {
    for (const exchange of single) {
      test(exchange.name, async () => {
        const { values } = await newValues({}, exchange.with);
        checkHeaders(await replay(opened.app, exchange, values, prefix), exchange);
      });
    }
    for (const { story, settings, exchanges } of stories) {
      test(story, async () => {
        const { values, caller } = await newValues(settings);
        for (const exchange of exchanges) {
          if (exchange.advanceSeconds) await opened.advance(exchange.advanceSeconds);
          checkHeaders(await replay(opened.app, exchange, values, prefix), exchange);
          if (exchange.answer.status === 201) await readPin(caller, values);
        }
      });
    }
  });
}

for (const exchange of away) {
  test(exchange.name, async () => {
    const { around, lose } = losableStorage();
    const broken = await openFacade(smscx, { around });
    const { shown } = await broken.newClient();
    lose();
    const answer = await replay(broken.app, exchange, new Map(Object.entries(shown)));
    assert.equal(answer.headers['retry-after'], '2');
    await broken.end();
  });
}

test('every row of the reference is replayed, or its absence has a reason in the docs', () => {
  const replayed = [
    ...[...single, ...away, ...stories.flatMap(({ exchanges }) => exchanges)],
    callback,
  ].flatMap(({ rows }) => rows);
  const page = new URL('../../../../docs/reference/compat/smscx.md', import.meta.url);
  const [, notServed = ''] = readFileSync(page, 'utf8').split('\n## Not served\n');
  const refused = [...notServed.matchAll(/^- `([^`]+)`:/gm)].map(([, row]) => row ?? '');
  const table = readJson('rows.json') as readonly string[];
  assert.deepEqual([...new Set([...replayed, ...refused])].sort(), [...table].sort());
  assert.ok(refused.every((row) => !replayed.includes(row)));
  assert.equal(table.length, 153);
});
