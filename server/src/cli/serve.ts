import type { Command } from '#cli/command.ts';

export const serve: Command = {
  name: 'serve',
  words: [],
  options: {},
  summary: 'Runs the production server; it needs a key ring and has no default credential.',
  details:
    'Make a key ring with `watchword keys generate`, an application with\n' +
    '`watchword application create <name>` and its key with\n' +
    '`watchword api-key create <application>`.',
  mode: 'serve',
  async run({ config }, context) {
    return { kind: 'ended', exitCode: await context.runServer(config, 'serve') };
  },
};
