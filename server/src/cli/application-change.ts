import { type Command, done, failed, misused, withService } from '#cli/command.ts';
import { findApplication, presentApplication } from '#cli/find-application.ts';
import { refused } from '#cli/refused.ts';
import { parseJson } from '#src/setting-readers.ts';

export const applicationChange: Command = {
  name: 'application change',
  words: ['application', 'settings'],
  options: {},
  summary: 'Changes settings of an application, given as a JSON object; the others stay.',
  details:
    'The keys are those of `PATCH /v1/application`. A running server follows within\n' +
    'two seconds.',
  mode: 'tool',
  async run(input, context) {
    const patch = parseJson(input.words['settings'] ?? '');
    if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) {
      return misused('The settings must be a JSON object such as \'{"countries": ["DE"]}\'.');
    }
    return withService(input, context, async ({ service }) => {
      const found = await findApplication(service, input.words['application'] ?? '');
      if (!found.ok) return failed(found.error);
      const changed = await service.changeSettings(found.value.id, patch);
      if (!changed.ok) return refused(changed.error);
      return done(await presentApplication(service, changed.value), [
        `Changed ${Object.keys(patch).join(', ') || 'nothing'} of ${changed.value.id}.`,
      ]);
    });
  },
};
