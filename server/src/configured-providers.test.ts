import assert from 'node:assert/strict';
import test from 'node:test';
import { Base, instancesChannel } from '@platformatic/kafka';
import { createEgress } from '#providers/egress/egress.ts';
import { type Environment, readConfig } from '#src/config.ts';
import { createConfiguredProviders } from '#src/configured-providers.ts';

const brokers = { WATCHWORD_KAFKA_BROKERS: '127.0.0.1:9' };
const external = { KAFKA_TOPIC_NOTIFICATION_EXTERNAL_OUT: 'sms.out' };

function createFrom(environment: Environment) {
  const reading = readConfig({ WATCHWORD_PROVIDERS: '[]', ...environment }, 'dev');
  assert.ok(reading.ok, reading.ok ? '' : reading.error.join());
  const context = { egress: createEgress({ allow: [] }), environment };
  return createConfiguredProviders(reading.value, context);
}

function namesFrom(environment: Environment): readonly string[] {
  const made = createFrom(environment);
  assert.ok(made.ok, made.ok ? '' : made.error.join());
  return made.value.map(({ name }) => name);
}

const mailNamed = (name: string) => ({
  WATCHWORD_PROVIDERS: JSON.stringify([
    { name, kind: 'smtp', host: 'mail.example.com', from: 'codes@example.com' },
  ]),
});

test('the topic that SMS are forwarded to is a provider, after all that are configured', () => {
  assert.deepEqual(namesFrom({ ...brokers, ...external, ...mailNamed('mail') }), ['mail', 'kafka']);
});

test('without the topic, or without brokers, there is no such provider', () => {
  assert.deepEqual(namesFrom(brokers), []);
  assert.deepEqual(namesFrom(external), []);
});

test('another provider of its name is refused beside it, and is one without it', () => {
  const made = createFrom({ ...brokers, ...external, ...mailNamed('kafka') });
  assert.match(made.ok ? '' : made.error.join(), /^The provider "kafka" has the name of the topic/);
  assert.deepEqual(namesFrom({ ...brokers, ...mailNamed('kafka') }), ['kafka']);
});

test('a forwarded message that meets no broker was certainly not taken', async (t) => {
  const clients: Base[] = [];
  const see = (created: unknown): void => {
    const { instance }: { readonly instance?: unknown } = Object(created);
    if (instance instanceof Base) clients.push(instance);
  };
  instancesChannel.subscribe(see);
  t.after(() => instancesChannel.unsubscribe(see));
  const made = createFrom({ ...brokers, ...external });
  const [provider] = made.ok ? made.value : [];
  assert.ok(provider);
  const outcome = await provider.send(
    {
      ...{ deliveryId: 'dl_1', verificationId: 'vf_1', applicationId: 'app_1', channel: 'sms' },
      ...{ destination: '+14155550123', country: 'US', sender: null, subject: null, html: null },
      ...{ text: 'Your code is 135790', parts: 1, language: 'en', code: '135790' },
      isPossibleDuplicate: false,
    },
    AbortSignal.timeout(9_000),
  );
  assert.equal(outcome.kind, 'unavailable', JSON.stringify(outcome));
  await provider.close();
  assert.deepEqual(
    clients.map(({ closed }) => closed),
    [true],
    'all that was opened for it is closed',
  );
});
