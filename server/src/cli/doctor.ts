import { type Command, type CommandContext, done } from '#cli/command.ts';
import {
  checkDatabase,
  checkDataFolder,
  checkKeys,
  checkNode,
  checkPort,
  checkProviders,
  type Finding,
} from '#cli/doctor-checks.ts';
import { checkKafka } from '#cli/doctor-kafka.ts';
import { readConfig } from '#src/config.ts';

const marks = { good: 'ok  ', note: 'note', bad: 'BAD ' } as const;

export const doctor: Command = {
  name: 'doctor',
  words: [],
  options: {},
  summary: 'Looks for what would keep a server from running well, and says what to do.',
  details: 'Exits with 1 when something is bad. It changes nothing and sends nothing.',
  // It reads the settings itself, to tell what is wrong with them among the rest.
  mode: null,
  async run(_input, context) {
    const findings = await examine(context);
    const isHealthy = findings.every(({ state }) => state !== 'bad');
    return done(
      { healthy: isHealthy, findings },
      findings.map(({ state, subject, says }) => `${marks[state]}  ${subject}: ${says}`),
      isHealthy ? 0 : 1,
    );
  },
};

async function examine(context: CommandContext): Promise<readonly Finding[]> {
  const node = checkNode(process.versions.node);
  const config = readConfig(context.environment, 'tool');
  if (!config.ok) {
    const mistakes = config.error.map(
      (says) => ({ subject: 'settings', state: 'bad', says }) as const,
    );
    return [node, ...mistakes];
  }
  return [
    node,
    { subject: 'settings', state: 'good', says: 'All of them can be read.' },
    checkDataFolder(config.value),
    checkKeys(config.value),
    ...(await checkDatabase(config.value, context)),
    ...checkProviders(config.value, context),
    ...(await checkKafka(config.value, context)),
    await checkPort(config.value),
  ];
}
