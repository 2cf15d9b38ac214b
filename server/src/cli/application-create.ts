import { type Command, done, withService } from '#cli/command.ts';
import { presentApplication } from '#cli/find-application.ts';
import { refused } from '#cli/refused.ts';

export const applicationCreate: Command = {
  name: 'application create',
  words: ['name'],
  options: {},
  summary: 'Makes an application; its name stands in the messages.',
  details:
    'It may send to no country yet. Allow some, for example:\n' +
    '  watchword application change <id> \'{"countries": ["DE", "FR"]}\'',
  mode: 'tool',
  run: (input, context) =>
    withService(input, context, async ({ service }) => {
      const made = await service.createApplication(input.words['name'] ?? '');
      if (!made.ok) return refused(made.error);
      const { id, name } = made.value;
      return done(await presentApplication(service, made.value), [
        `Application ${id} is named "${name}".`,
        `Make its API key with: watchword api-key create ${id}`,
      ]);
    }),
};
