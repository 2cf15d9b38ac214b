import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { createNativeCalls } from '#api/native-calls.ts';
import { type KafkaDoor, openKafka } from '#kafka/door.ts';
import { inspectKafka } from '#kafka/inspect.ts';
import type { KafkaSettings } from '#kafka/settings.ts';
import { silentLog } from '#service/log.fixture.ts';
import { type OpenedService, openService } from '#service/service.fixture.ts';
import { readConfig } from '#src/config.ts';
import { kafkaSettingsOf } from '#src/kafka-settings.ts';
import { startDevelopmentServer, waitFor } from '../end-to-end/running-server.ts';
import { makeCertificate } from '../parts/aiosmtpd.ts';
import type { Listener, TestKafka } from '../parts/kafka.ts';
import { partOrSkip } from '../parts/part.ts';
import {
  type KafkaSite,
  makeTopics,
  nameTopics,
  openSite,
  type Topics,
  untilReadiness,
  untilReplies,
} from './kafka-site.ts';

const login = { WATCHWORD_KAFKA_USER: 'bob', WATCHWORD_KAFKA_PASSWORD: 'a pass-word' };
const saslPlain = {
  WATCHWORD_KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT',
  WATCHWORD_KAFKA_SASL_MECHANISM: 'PLAIN',
  ...login,
};
const users = { [login.WATCHWORD_KAFKA_USER]: login.WATCHWORD_KAFKA_PASSWORD };

const ways: readonly (readonly [Listener, string | null])[] = [
  ['SASL_PLAINTEXT', 'PLAIN'],
  ['SASL_PLAINTEXT', 'SCRAM-SHA-512'],
  ['SSL', null],
  ['SASL_SSL', 'SCRAM-SHA-512'],
];

test('brokers that ask for a login or for TLS are spoken to as they ask', async (t) => {
  const certificate = partOrSkip(t, makeCertificate());
  if (certificate === null) return;
  const settings = {
    'group.max.session.timeout.ms': '60000',
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
    'allow.everyone.if.no.acl.found': 'true',
  };
  const site = await openSite(t, { users, certificate, settings });
  if (site === null) return;
  const opened = await openService();
  try {
    for (const [listener, mechanism] of ways) {
      await t.test(`${listener} ${mechanism ?? ''}`, () =>
        goThrough(site, opened, {
          WATCHWORD_KAFKA_SECURITY_PROTOCOL: listener,
          ...(mechanism === null ? {} : { WATCHWORD_KAFKA_SASL_MECHANISM: mechanism, ...login }),
          ...(listener.endsWith('SSL') ? { WATCHWORD_KAFKA_CA_FILE: certificate.file } : {}),
        }),
      );
    }
    await t.test('a certificate of an authority that is not known is not accepted', () =>
      withDoor(site, opened, { WATCHWORD_KAFKA_SECURITY_PROTOCOL: 'SSL' }, async (door) => {
        const { detail } = await untilDisconnected(door);
        assert.match(detail ?? '', /certificate was not accepted.*Set WATCHWORD_KAFKA_CA_FILE/);
      }),
    );
    await t.test('a protocol that the listener does not speak is told as that', () =>
      tellOtherProtocols(site, certificate.file),
    );
    await t.test('what the broker does not take of the settings is told', () =>
      tellRefusedSetting(site, opened),
    );
    await t.test('replies that the broker refuses are told, whatever else is well', () =>
      tellForbiddenReplies(site, opened),
    );
    await t.test('a topic that the broker refuses is told, and the others are read', () =>
      readOthers(site, opened),
    );
    await t.test('a wrong password is told in the log and by /readyz, and HTTP is served', () =>
      tellWrongPassword(site.broker),
    );
    await t.test('a login that the broker forgot is tried until it knows it again', () =>
      outliveRefusals(site, opened),
    );
  } finally {
    await opened.end();
    await site.end();
    certificate.remove();
  }
});

type Environment = Readonly<Record<string, string>>;

function settingsFor(broker: TestKafka, topics: Topics, environment: Environment): KafkaSettings {
  const listener = environment['WATCHWORD_KAFKA_SECURITY_PROTOCOL'] as Listener | undefined;
  const reading = readConfig(
    {
      WATCHWORD_KAFKA_BROKERS: broker.address(listener),
      WATCHWORD_KAFKA_REFUSED_WAIT_SECONDS: '1',
      ...topics.environment,
      ...environment,
    },
    'dev',
  );
  assert.ok(reading.ok, reading.ok ? '' : reading.error.join());
  const settings = kafkaSettingsOf(reading.value);
  assert.ok(settings !== null);
  return settings;
}

async function withDoor(
  { broker }: KafkaSite,
  { service, newCaller }: OpenedService,
  environment: Environment,
  use: (door: KafkaDoor) => Promise<void>,
  topics: Topics = nameTopics(),
): Promise<void> {
  const { application } = await newCaller();
  const settings = settingsFor(broker, topics, environment);
  const calls = createNativeCalls(service);
  const door = openKafka({ settings, service, calls, application: application.id, log: silentLog });
  try {
    await use(door);
  } finally {
    await door.stop();
  }
}

function untilDisconnected(door: KafkaDoor) {
  return waitFor(async () => (door.state().status === 'disconnected' ? door.state() : null));
}

async function goThrough(
  site: KafkaSite,
  opened: OpenedService,
  environment: Environment,
): Promise<void> {
  const topics = nameTopics();
  await makeTopics(site.client, topics);
  await withDoor(site, opened, environment, (door) => ask(site, topics, door, 1), topics);
}

/** One guess that nothing is known of, and its verdict. */
async function ask(site: KafkaSite, topics: Topics, door: KafkaDoor, count: number) {
  const value = JSON.stringify({ clientId: 'nobody', channel: 'SMS', otp: '1111' });
  await site.client.send([{ topic: topics.validateIn, value }]);
  const replies = await untilReplies(site.client, topics.validateOut, count);
  assert.equal(JSON.parse(String(replies.at(-1)?.value)).otpValid, false);
  assert.equal(door.state().status, 'connected');
}

async function tellRefusedSetting(site: KafkaSite, opened: OpenedService): Promise<void> {
  const topics = nameTopics();
  await makeTopics(site.client, topics);
  const environment = { WATCHWORD_KAFKA_SESSION_TIMEOUT_SECONDS: '300' };
  const use = async (door: KafkaDoor): Promise<void> => {
    const { detail } = await untilDisconnected(door);
    assert.match(detail ?? '', /INVALID_SESSION_TIMEOUT/);
  };
  await withDoor(site, opened, environment, use, topics);
}

const spokenOtherwise: readonly (readonly [ours: Listener, listener: Listener])[] = [
  ['PLAINTEXT', 'SASL_PLAINTEXT'],
  ['PLAINTEXT', 'SSL'],
  ['PLAINTEXT', 'SASL_SSL'],
  ['SSL', 'PLAINTEXT'],
  ['SSL', 'SASL_SSL'],
  ['SASL_PLAINTEXT', 'PLAINTEXT'],
  ['SASL_PLAINTEXT', 'SASL_SSL'],
  ['SASL_SSL', 'SASL_PLAINTEXT'],
  ['SASL_SSL', 'SSL'],
];

async function tellOtherProtocols({ broker }: KafkaSite, caFile: string): Promise<void> {
  for (const [ours, listener] of spokenOtherwise) {
    const settings = settingsFor(broker, nameTopics(), {
      WATCHWORD_KAFKA_BROKERS: broker.address(listener),
      WATCHWORD_KAFKA_SECURITY_PROTOCOL: ours,
      ...(ours.startsWith('SASL') ? login : {}),
      ...(ours.endsWith('SSL') ? { WATCHWORD_KAFKA_CA_FILE: caFile } : {}),
    });
    const found = await inspectKafka(settings);
    assert.ok(found.kind === 'unreached');
    assert.match(found.detail, /WATCHWORD_KAFKA_SECURITY_PROTOCOL/, `${ours} to ${listener}`);
    assert.doesNotMatch(found.detail, /answered with an error|refused the login/);
  }
}

async function tellForbiddenReplies(site: KafkaSite, opened: OpenedService): Promise<void> {
  const topics = nameTopics();
  const { client } = site;
  await makeTopics(client, topics);
  const user = login.WATCHWORD_KAFKA_USER;
  await client.forbid(user, topics.validateOut);
  const use = async (door: KafkaDoor): Promise<void> => {
    const guess = JSON.stringify({ clientId: 'nobody', channel: 'SMS', otp: '1111' });
    await client.send([{ topic: topics.validateIn, value: guess }]);
    const { detail } = await untilDisconnected(door);
    const told = `Nothing can be written to ${topics.validateOut}. The broker refused access`;
    assert.ok(detail?.startsWith(told), detail ?? '');
    // By now the group has heard of this node, and the other topic takes its replies.
    await client.send([{ topic: topics.generateIn, value: '{}' }]);
    await untilReplies(client, topics.generateOut, 1);
    assert.equal(door.state().detail, detail);
    await client.allow(user, topics.validateOut);
    await untilReplies(client, topics.validateOut, 1);
    await waitFor(async () => (door.state().status === 'connected' ? true : null));
  };
  await withDoor(site, opened, saslPlain, use, topics);
}

async function readOthers(site: KafkaSite, opened: OpenedService): Promise<void> {
  const topics = nameTopics();
  const { client } = site;
  await makeTopics(client, topics);
  const user = login.WATCHWORD_KAFKA_USER;
  await client.forbid(user, topics.generateIn);
  const use = async (door: KafkaDoor): Promise<void> => {
    await client.send([{ topic: topics.generateIn, value: '{"processInstanceId":7}' }]);
    await ask(site, topics, door, 1);
    const { detail, missingTopics } = door.state();
    const told = `The broker refused access to ${topics.generateIn}. Grant it to the user.`;
    assert.equal(detail, told);
    assert.ok(missingTopics.includes(topics.generateIn));
    await client.allow(user, topics.generateIn);
    await untilReplies(client, topics.generateOut, 1);
    assert.equal(door.state().detail, null);
  };
  await withDoor(site, opened, saslPlain, use, topics);
  for (const topic of [topics.generateIn, topics.validateIn]) await client.forbid(user, topic);
  const useNone = async (door: KafkaDoor): Promise<void> => {
    const { detail } = await untilDisconnected(door);
    assert.match(detail ?? '', /refused access to the topics of commands/);
  };
  await withDoor(site, opened, saslPlain, useNone, topics);
}

async function tellWrongPassword(broker: TestKafka): Promise<void> {
  const server = await startDevelopmentServer({
    WATCHWORD_KAFKA_BROKERS: broker.address('SASL_PLAINTEXT'),
    WATCHWORD_KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT',
    WATCHWORD_KAFKA_USER: 'bob',
    WATCHWORD_KAFKA_PASSWORD: 'another-secret',
  });
  try {
    const told = /The broker refused the login/;
    await untilReadiness(server, ({ status, detail }) => {
      return status === 'disconnected' && told.test(detail ?? '');
    });
    await waitFor(async () => (told.test(server.output()) ? true : null));
    assert.ok(!server.output().includes('another-secret'));
    const recipient = 'someone@example.com';
    const started = await server.call('POST', '/v1/verifications', { recipient });
    assert.equal(started.status, 201);
    assert.equal(await server.stop(), 0);
  } finally {
    await server.remove();
  }
}

async function outliveRefusals(site: KafkaSite, opened: OpenedService): Promise<void> {
  const topics = nameTopics();
  await makeTopics(site.client, topics);
  const use = async (door: KafkaDoor): Promise<void> => {
    await ask(site, topics, door, 1);
    await restartWith(site.broker, (properties) =>
      properties.replaceAll(login.WATCHWORD_KAFKA_PASSWORD, 'changed'),
    );
    await waitFor(
      async () => (/refused the login/.test(door.state().detail ?? '') ? true : null),
      30_000,
    );
    await restartWith(site.broker, (properties) =>
      properties.replaceAll('changed', login.WATCHWORD_KAFKA_PASSWORD),
    );
    await waitFor(async () => (door.state().status === 'connected' ? true : null), 30_000);
    await ask(site, topics, door, 2);
  };
  await withDoor(site, opened, saslPlain, use, topics);
}

async function restartWith(
  broker: TestKafka,
  change: (properties: string) => string,
): Promise<void> {
  const file = join(broker.folder, 'server.properties');
  await broker.stop();
  writeFileSync(file, change(readFileSync(file, 'utf8')));
  await broker.restart();
}
