import assert from 'node:assert/strict';
import test from 'node:test';
import type { CommandContext } from '#cli/command.ts';
import { checkKafka } from '#cli/doctor-kafka.ts';
import type { InspectedTopic, KafkaInspection } from '#service/kafka-port.ts';
import { generateRingEntry } from '#service/key-ring.ts';
import type { DatabaseInspection } from '#service/records.ts';
import { readConfig } from '#src/config.ts';

const brokers = { WATCHWORD_KAFKA_BROKERS: 'kafka-1:9092' };
const named = { ...brokers, WATCHWORD_KAFKA_APPLICATION: 'app_1' };
const database: DatabaseInspection = {
  ...{ kind: 'current', clockAheadMs: 0, secrets: new Map() },
  applications: new Set(['app_1']),
};

/** Each finding as one line. */
async function look(
  kafka: KafkaInspection | null,
  environment: Readonly<Record<string, string>> = named,
  inspectDatabase: CommandContext['inspectDatabase'] = async () => database,
): Promise<readonly string[]> {
  const config = readConfig(environment, 'tool');
  assert.ok(config.ok, config.ok ? '' : config.error.join());
  const refuse = () => assert.fail('The doctor opened something.');
  const findings = await checkKafka(config.value, {
    ...{ environment, version: '0.0.0', print: refuse, complain: refuse },
    ...{ runServer: refuse, openStorage: refuse, migratePostgres: refuse, openService: refuse },
    ...{ createProviders: refuse, inspectDatabase },
    inspectKafka: async () => kafka,
  });
  return findings.map(({ state, subject, says }) => `${state} ${subject}: ${says}`);
}

const reached: Extract<KafkaInspection, { kind: 'reached' }> = {
  ...{ kind: 'reached', brokers: 3, makesTopics: false },
  topics: [
    { name: 'in', use: 'commands', answers: null, state: 'there' },
    { name: 'out', use: 'replies', answers: 'in', state: 'there' },
    { name: 'dead', use: 'dead_letters', answers: null, state: 'there' },
    { name: 'events', use: 'messages', answers: null, state: 'there' },
  ],
};

test('nothing is said of Kafka where it is off', async () => {
  assert.deepEqual(await look(null, {}), []);
});

test('where all is there, all is good', async () => {
  const lines = await look(reached);
  assert.equal(lines.length, 3);
  assert.ok(
    lines.every((line) => line.startsWith('good ')),
    lines.join('\n'),
  );
  assert.match(lines.join('\n'), /3 brokers are reached[\s\S]*All 4 are there[\s\S]*app_1/);
});

test('brokers that are not reached are bad, with what was asked', async () => {
  const [line, ...more] = await look({ kind: 'unreached', detail: 'No broker can be reached.' });
  assert.equal(line, 'bad Kafka: No broker can be reached. Asked: kafka-1:9092.');
  assert.deepEqual(more.length, 1, 'of topics nothing is known');
});

type State = InspectedTopic['state'];
const faults: readonly (readonly [
  states: Readonly<Record<string, State>>,
  makesTopics: boolean | null,
  line: RegExp,
])[] = [
  [{ in: 'missing' }, false, /^note topics: Nothing is read from in until .*FLOWX_ENABLED=false/],
  [{ in: 'missing', out: 'missing' }, false, /^note topics: Nothing is read from in until/],
  [{ out: 'missing' }, false, /^bad topics: out is not there.*Create it: what goes there waits/],
  [{ out: 'missing', dead: 'missing' }, false, /^bad topics: out, dead is not there/],
  [{ events: 'missing' }, false, /^bad topics: events is not there/],
  [{ dead: 'missing' }, false, /^note topics: dead is not there\. Create it\./],
  [{ out: 'missing' }, null, /^note topics: out is not there\. Create it\./],
  [{ out: 'missing' }, true, /^note topics: The brokers make out when/],
  [{ in: 'refused', out: 'refused' }, null, /^bad topics: The brokers refuse .* in, out\. Give/],
];

for (const [states, makesTopics, line] of faults) {
  test(`topics ${JSON.stringify(states)}, made by the brokers: ${makesTopics}`, async () => {
    const topics = reached.topics.map((topic) => ({
      ...topic,
      state: states[topic.name] ?? topic.state,
    }));
    const lines = await look({ ...reached, makesTopics, topics });
    assert.equal(lines.filter((one) => / topics: /.test(one)).length, 1);
    assert.match(lines[1] ?? '', line);
  });
}

const keys = { WATCHWORD_KEYS: generateRingEntry(new Date()) };
const applications: readonly (readonly [
  environment: Readonly<Record<string, string>>,
  inspectDatabase: CommandContext['inspectDatabase'],
  line: RegExp,
])[] = [
  [brokers, async () => database, /^good application: .*development/],
  [
    { ...brokers, ...keys },
    async () => database,
    /^bad application: .*WATCHWORD_KAFKA_APPLICATION/,
  ],
  [
    { ...named, WATCHWORD_KAFKA_APPLICATION: 'app_2' },
    async () => database,
    /^bad .*no application/,
  ],
  [named, async () => ({ kind: 'missing' }), /^note application: /],
  [named, () => Promise.reject(new Error('The database is away.')), /^note application: /],
];

for (const [environment, inspectDatabase, line] of applications) {
  test(`whose the commands are: ${line.source}`, async () => {
    const lines = await look(reached, environment, inspectDatabase);
    assert.match(lines.at(-1) ?? '', line);
  });
}
