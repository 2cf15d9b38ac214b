import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { LiveValues, saveTemplates } from '#compat/capillary/capillary.fixture.ts';
import { otpErrors } from '#compat/capillary/errors.ts';
import { capillary } from '#compat/capillary/facade.ts';
import { rows, shows } from '#compat/capillary/rows.fixture.ts';
import { type Exchange, readExchanges, replay } from '#compat/exchanges.fixture.ts';
import { bodyOf, type OpenedFacade, openFacade } from '#compat/facade.fixture.ts';
import type { ApplicationSettings } from '#domain/application.ts';
import { createTestProvider } from '#service/service.fixture.ts';

/** Takes calls, unless an application has them with the other one, which takes none. */
const caller = createTestProvider({ name: 'caller', channels: ['voice'] });

let opened: OpenedFacade;
before(async () => {
  const channels = ['sms', 'email', 'whatsapp', 'zalo'] as const;
  opened = await openFacade(capillary, { providers: [createTestProvider({ channels }), caller] });
});
after(() => opened.end());

interface Recording {
  readonly file: string;
  readonly settings?: Partial<ApplicationSettings>;
  /** What an operator names of the client's credentials. */
  readonly parts?: Readonly<Record<string, unknown>>;
}

interface Step extends Exchange {
  readonly advanceSeconds?: number;
  /** A pattern for the text that it sends. */
  readonly sends?: string;
}

const limited = {
  otpRateLimitOneHour: 2,
  validateRateLimitEnabled: true,
  validateRateLimitCount: 2,
};

/** Each is one client's calls, in order. */
const recordings: readonly Recording[] = [
  { file: 'generate' },
  { file: 'validate' },
  { file: 'actions' },
  { file: 'access' },
  { file: 'limits', settings: { facades: { capillary: limited } } },
  {
    file: 'gateways',
    settings: { channels: ['sms', 'voice'], providers: { voice: ['carrier'] } },
  },
  {
    file: 'organisation',
    settings: {
      code: { alphabet: 'alphanumeric', length: 7 },
      lifetimeSeconds: 120,
      facades: { capillary: { templates: { COUPON: 'otp_coupon' } } },
    },
  },
  { file: 'rights', parts: { access: ['READ'] } },
];

function exchangesOf(file: string): readonly Step[] {
  return readExchanges(new URL(`./exchanges/${file}.json`, import.meta.url));
}

for (const prefix of ['', '/compat/capillary']) {
  for (const { file, settings, parts } of recordings) {
    describe(`${file} answers as recorded at "${prefix}"`, { concurrency: 1 }, () => {
      let values: LiveValues;
      before(async () => {
        const client = await opened.newClient(settings, parts);
        await saveTemplates(opened, client);
        values = new LiveValues(opened, client);
      });
      for (const step of exchangesOf(file)) {
        test(step.name, async () => {
          if (step.advanceSeconds !== undefined) await opened.advance(step.advanceSeconds);
          const answer = await replay(opened.app, step, values, prefix);
          assert.match(String(answer.headers['x-cap-request-id']), /^req_/);
          // What is new has a number of its own: 1 says that a code is sent again.
          const createdId = bodyOf(answer)['createdId'];
          const { body } = step.answer as { readonly body: { readonly createdId?: unknown } };
          if (createdId !== undefined) assert.equal(createdId === 1, body.createdId === 1);
          await opened.whenIdle();
          const sent = opened.provider.handed.at(-1)?.text ?? '';
          if (step.sends !== undefined) assert.match(sent, new RegExp(step.sends));
        });
      }
    });
  }
}

test('every row of the vendor’s tables is recorded, or is listed as not served', () => {
  const recorded = recordings.flatMap(({ file }) =>
    exchangesOf(file).flatMap((exchange) => exchange.rows ?? []),
  );
  const page = readFileSync(
    new URL('../../../../docs/reference/compat/capillary.md', import.meta.url),
    'utf8',
  );
  const [, notServed = ''] = page.split('\n## Not served\n');
  const listed = [...notServed.matchAll(/^\| `([^`]+)` \|/gm)].map(([, row = '']) => row);
  assert.deepEqual([...new Set([...recorded, ...listed])].sort(), [...rows].sort());
  assert.equal(new Set(rows).size, rows.length);
});

test('and each exchange shows what its rows name', () => {
  for (const step of recordings.flatMap(({ file }) => exchangesOf(file))) {
    for (const row of step.rows ?? []) assert.ok(shows(step, row), `${step.name}: ${row}`);
  }
});

test('and every code that the façade answers is a row', () => {
  for (const code of Object.keys(otpErrors)) assert.ok(rows.includes(`code ${code}`), code);
});
