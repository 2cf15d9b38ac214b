/**
 * The recorded exchanges, replayed at both places where the façade is mounted. One that `begins`
 * something has a client of its own, and those that follow go on with it.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Exchange, readExchanges, replay } from '#compat/exchanges.fixture.ts';
import { type OpenedFacade, openFacade } from '#compat/facade.fixture.ts';
import { verifynow } from '#compat/verifynow/facade.ts';
import { newVerifyNowClient, type VerifyNowClient } from '#compat/verifynow/verifynow.fixture.ts';
import type { ApplicationSettings } from '#domain/application.ts';
import { readDecimalHandle } from '#domain/handle.ts';
import type { Template, TemplateVariant } from '#domain/template.ts';
import { take, wrong } from '#service/service.fixture.ts';

interface Step extends Exchange {
  /** Of `rows.json`: what it shows of the vendor's tables. */
  readonly rows: readonly string[];
  readonly begins?: Partial<ApplicationSettings> & { readonly text?: string };
  readonly advanceSeconds?: number;
  /** The verification is canceled through our own API before. */
  readonly cancels?: boolean;
  /** What the message that it sends has to be like. */
  readonly codeLength?: number;
  readonly channel?: string;
}

const files = ['token', 'send', 'validate'] as const;
const stepsOf = (file: (typeof files)[number]) =>
  readExchanges(new URL(`./exchanges/${file}.json`, import.meta.url)) as readonly Step[];

let opened: OpenedFacade;
before(async () => {
  opened = await openFacade(verifynow);
});
after(() => opened.end());

async function begin({ text, ...settings }: NonNullable<Step['begins']>): Promise<VerifyNowClient> {
  const client = await newVerifyNowClient(opened, settings);
  if (text === undefined) return client;
  const { id } = client.caller.application;
  const rest = { language: 'en', prefix: null, subject: null, html: null };
  const variant: TemplateVariant = { channel: 'sms', text, ...rest };
  const template: Template = { name: 'own', state: 'approved', purposes: [], variants: [variant] };
  take(await opened.service.saveTemplate(id, template));
  take(await opened.service.changeSettings(id, { template: 'own' }));
  return client;
}

/** What the client's own verification is called in our words. */
async function idOf(client: VerifyNowClient, values: Map<string, string>): Promise<string | null> {
  const handle = readDecimalHandle(values.get('verificationId') ?? '');
  return handle && opened.service.verificationIdOf(client.caller, handle);
}

async function learnCode(client: VerifyNowClient, values: Map<string, string>): Promise<void> {
  const id = await idOf(client, values);
  if (id === null) return;
  const code = opened.codeOf(id);
  values.set('code', code).set('wrongCode', wrong(code));
}

for (const prefix of ['', '/compat/verifynow']) {
  for (const file of files) {
    describe(`${file}, at "${prefix}"`, () => {
      let client: VerifyNowClient;
      let values: Map<string, string>;
      for (const step of stepsOf(file)) {
        test(step.name, async () => {
          if (step.begins !== undefined) {
            client = await begin(step.begins);
            const { customerId, token } = client;
            values = new Map(Object.entries({ ...client.shown, customerId, token }));
          }
          if (step.advanceSeconds !== undefined) await opened.advance(step.advanceSeconds);
          if (step.cancels) {
            const id = (await idOf(client, values)) ?? '';
            take(await opened.service.cancelVerification(client.caller, id, null));
          }
          await replay(opened.app, step, values, prefix);
          await learnCode(client, values);
          const { codeLength, channel } = step;
          if (codeLength !== undefined) assert.equal(values.get('code')?.length, codeLength);
          if (channel !== undefined) assert.equal(opened.provider.handed.at(-1)?.channel, channel);
        });
      }
    });
  }
}
