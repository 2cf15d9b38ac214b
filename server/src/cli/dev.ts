import type { Command } from '#cli/command.ts';

export const dev: Command = {
  name: 'dev',
  words: [],
  options: {},
  summary: 'Runs the development server with the virtual phone; `npm start` does the same.',
  details:
    'Everything lives in the data folder: the database, a key ring made on the first\n' +
    'start, and dev-credentials.json with the address and the API key.',
  mode: 'dev',
  async run({ config }, context) {
    return { kind: 'ended', exitCode: await context.runServer(config, 'dev') };
  },
};
