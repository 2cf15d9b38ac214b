import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { LiveValues, saveTemplates } from '#compat/capillary/capillary.fixture.ts';
import { capillary } from '#compat/capillary/facade.ts';
import { rows } from '#compat/capillary/rows.fixture.ts';
import { type Exchange, readExchanges, replay } from '#compat/exchanges.fixture.ts';
import { type OpenedFacade, openFacade } from '#compat/facade.fixture.ts';
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
];

function exchangesOf(file: string): readonly Exchange[] {
  return readExchanges(new URL(`./exchanges/${file}.json`, import.meta.url));
}

for (const prefix of ['', '/compat/capillary']) {
  for (const { file, settings } of recordings) {
    describe(`${file} answers as recorded at "${prefix}"`, { concurrency: 1 }, () => {
      let values: LiveValues;
      before(async () => {
        const client = await opened.newClient(settings);
        await saveTemplates(opened, client);
        values = new LiveValues(opened, client);
      });
      for (const exchange of exchangesOf(file)) {
        test(exchange.name, async () => {
          await replay(opened.app, exchange, values, prefix);
          await opened.whenIdle();
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
