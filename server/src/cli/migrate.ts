import { type Command, done } from '#cli/command.ts';

export const migrate: Command = {
  name: 'migrate',
  words: [],
  options: {},
  summary: 'Makes the database, or brings an older one to the form that this version needs.',
  details: 'A starting server does the same; this is for doing it at a time of your choice.',
  mode: 'tool',
  async run({ config }, context) {
    const storage = await context.openStorage(config);
    try {
      await storage.ping();
    } finally {
      await storage.close();
    }
    return done({ data: config.data, migrated: true }, [
      `The database in ${config.data} has the form that this version needs.`,
    ]);
  },
};
