import { type Command, done, withService } from '#cli/command.ts';
import { presentApplication } from '#cli/find-application.ts';

export const applicationList: Command = {
  name: 'application list',
  words: [],
  options: {},
  summary: 'Lists all applications.',
  mode: 'tool',
  run: (input, context) =>
    withService(input, context, async ({ service }) => {
      const applications = await service.listApplications();
      const lines = applications.map(({ id, name }) => `${id}  ${name}`);
      const items = await Promise.all(applications.map((one) => presentApplication(service, one)));
      return done({ items }, lines.length > 0 ? lines : ['There is no application yet.']);
    }),
};
