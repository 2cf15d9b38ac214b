import { type Command, done, failed, withService } from '#cli/command.ts';
import { findApplication, presentApplication } from '#cli/find-application.ts';

export const applicationShow: Command = {
  name: 'application show',
  words: ['application'],
  options: {},
  summary: 'Shows an application, by its id or name, with all its settings.',
  mode: 'tool',
  run: (input, context) =>
    withService(input, context, async ({ service }) => {
      const found = await findApplication(service, input.words['application'] ?? '');
      if (!found.ok) return failed(found.error);
      const { id, name, createdAtMs } = found.value;
      const shown = await presentApplication(service, found.value);
      const lines = Object.entries(shown.settings).map(
        ([key, value]) => `${key}: ${JSON.stringify(value)}`,
      );
      return done(shown, [`${id}  ${name}, made ${new Date(createdAtMs).toISOString()}`, ...lines]);
    }),
};
