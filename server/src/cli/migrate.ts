import { type Command, type CommandContext, done, type Outcome } from '#cli/command.ts';
import type { Config } from '#src/config.ts';

export const migrate: Command = {
  name: 'migrate',
  words: [],
  options: {},
  summary: 'Makes the database, or brings an older one to the form that this version needs.',
  details:
    'The embedded database is brought there by a starting server too. On PostgreSQL\n' +
    'the production server leaves that to this command: run it before the first start,\n' +
    'and before the nodes of a new version start.',
  mode: 'tool',
  run({ config }, context) {
    const { databaseUrl } = config;
    return databaseUrl === null
      ? migrateEmbedded(config, context)
      : migratePostgres(databaseUrl, context);
  },
};

async function migratePostgres(url: string, context: CommandContext): Promise<Outcome> {
  const { from, to, applied } = await context.migratePostgres(url);
  const did =
    applied.length > 0
      ? `${applied.length === 1 ? 'One migration was' : `${applied.length} migrations were`} done:`
      : 'There was nothing to do.';
  return done({ migrated: applied.length > 0, from, to, applied }, [
    did,
    ...applied.map((name) => `  ${name}`),
    `The database has schema ${to}.`,
  ]);
}

async function migrateEmbedded(config: Config, context: CommandContext): Promise<Outcome> {
  const isNeeded = !(await isCurrent(config, context));
  const storage = await context.openStorage(config);
  try {
    await storage.ping();
  } finally {
    await storage.close();
  }
  return done({ data: config.data, migrated: isNeeded }, [
    `The database in ${config.data} has the form that this version needs.`,
    'It is an embedded one, which a starting server brings there by itself.',
  ]);
}

async function isCurrent(config: Config, context: CommandContext): Promise<boolean> {
  try {
    return (await context.inspectDatabase(config)).kind === 'current';
  } catch {
    // What is wrong with the file is told where it is opened.
    return false;
  }
}
