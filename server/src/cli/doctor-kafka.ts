/** What `watchword doctor` looks at of Kafka, where it is on. */
import type { CommandContext } from '#cli/command.ts';
import type { Finding } from '#cli/doctor-checks.ts';
import type { InspectedTopic, KafkaInspection } from '#service/kafka-port.ts';
import type { Config } from '#src/config.ts';

export async function checkKafka(config: Config, context: CommandContext): Promise<Finding[]> {
  const found = await context.inspectKafka(config);
  if (found === null) return [];
  return [
    brokerFinding(config, found),
    ...(found.kind === 'reached' ? topicFindings(found) : []),
    await applicationFinding(config, context),
  ];
}

function brokerFinding({ kafkaBrokers }: Config, found: KafkaInspection): Finding {
  const subject = 'Kafka';
  if (found.kind === 'unreached') {
    const says = `${found.detail} Asked: ${kafkaBrokers?.join(', ')}.`;
    return { subject, state: 'bad', says };
  }
  const who = found.brokers === 1 ? 'One broker is' : `${found.brokers} brokers are`;
  return { subject, state: 'good', says: `${who} reached, and what the settings say is accepted.` };
}

function topicFindings({
  topics,
  makesTopics,
}: Extract<KafkaInspection, { kind: 'reached' }>): Finding[] {
  const subject = 'topics';
  const missing = topics.filter(({ state }) => state === 'missing');
  const refused = topics.filter(({ state }) => state === 'refused');
  const unread = missing.filter(({ use }) => use === 'commands');
  const isUnread = new Set(unread.map(({ name }) => name));
  // Nobody writes replies to commands that nobody can give.
  const unwritten = missing.filter(
    ({ use, answers }) => use !== 'commands' && !isUnread.has(answers ?? ''),
  );
  const findings: Finding[] = [];
  if (refused.length > 0) {
    const says =
      `The brokers refuse access to ${namesOf(refused)}. Give the user read and describe on the ` +
      'topics of commands, write and describe on the others.';
    findings.push({ subject, state: 'bad', says });
  }
  if (unread.length > 0) {
    const says =
      `Nothing is read from ${namesOf(unread)} until it is there. Create it; where FlowX.AI is ` +
      'not used, set WATCHWORD_KAFKA_FLOWX_ENABLED=false.';
    findings.push({ subject, state: 'note', says });
  }
  if (unwritten.length > 0) findings.push(unwrittenFinding(unwritten, makesTopics));
  if (findings.length > 0) return findings;
  return [{ subject, state: 'good', says: `All ${topics.length} are there.` }];
}

function unwrittenFinding(topics: readonly InspectedTopic[], makesTopics: boolean | null): Finding {
  const subject = 'topics';
  const names = namesOf(topics);
  if (makesTopics === true) {
    const says = `The brokers make ${names} when it is first written to, with their defaults.`;
    return { subject, state: 'note', says };
  }
  // What no topic of dead letters takes is logged instead.
  const isHarmless = topics.every(({ use }) => use === 'dead_letters');
  if (makesTopics === null || isHarmless) {
    return { subject, state: 'note', says: `${names} is not there. Create it.` };
  }
  const says =
    `${names} is not there, and the brokers make none by themselves. Create it: what goes there ` +
    'waits.';
  return { subject, state: 'bad', says };
}

function namesOf(topics: readonly InspectedTopic[]): string {
  return topics.map(({ name }) => name).join(', ');
}

async function applicationFinding(
  { kafkaApplication: id, ...config }: Config,
  context: CommandContext,
): Promise<Finding> {
  const subject = 'application';
  if (id === null) {
    return config.keys === null
      ? { subject, state: 'good', says: 'Commands belong to that of the development server.' }
      : { subject, state: 'bad', says: `${whose} Set WATCHWORD_KAFKA_APPLICATION to its id.` };
  }
  const found = await context
    .inspectDatabase({ ...config, kafkaApplication: id })
    .catch(() => null);
  if (found?.kind !== 'current') {
    const says = `Whether there is an application ${id} is not known before the database is there.`;
    return { subject, state: 'note', says };
  }
  if (found.applications.has(id)) {
    return { subject, state: 'good', says: `Commands from Kafka belong to ${id}.` };
  }
  const says =
    `There is no application with the id ${id}, which WATCHWORD_KAFKA_APPLICATION names. ` +
    '`watchword application list` shows all of them.';
  return { subject, state: 'bad', says };
}

const whose = 'Nobody says whose the commands from Kafka are.';
