import { type Command, type CommandContext, done } from '#cli/command.ts';
import type { Config } from '#src/config.ts';

export const migrate: Command = {
  name: 'migrate',
  words: [],
  options: {},
  summary: 'Makes the database, or brings an older one to the form that this version needs.',
  details: 'A starting server does the same; this is for doing it at a time of your choice.',
  mode: 'tool',
  async run({ config }, context) {
    const isNeeded = !isCurrent(config, context);
    const storage = await context.openStorage(config);
    try {
      await storage.ping();
    } finally {
      await storage.close();
    }
    return done({ data: config.data, migrated: isNeeded }, [
      `The database in ${config.data} has the form that this version needs.`,
    ]);
  },
};

function isCurrent(config: Config, context: CommandContext): boolean {
  try {
    return context.inspectDatabase(config).kind === 'current';
  } catch {
    // What is wrong with the file is told where it is opened.
    return false;
  }
}
