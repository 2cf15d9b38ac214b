import { type Command, done, failed, withService } from '#cli/command.ts';
import { findApplication } from '#cli/find-application.ts';
import { refused } from '#cli/refused.ts';

export const apiKeyCreate: Command = {
  name: 'api-key create',
  words: ['application'],
  options: { label: 'Where the key will be used, to tell keys apart later.' },
  summary: 'Makes an API key of an application and shows it, this once.',
  mode: 'tool',
  run: (input, context) =>
    withService(input, context, async ({ service }) => {
      const found = await findApplication(service, input.words['application'] ?? '');
      if (!found.ok) return failed(found.error);
      const made = await service.createApiKey(found.value.id, input.options['label'] ?? '');
      if (!made.ok) return refused(made.error);
      const { record, apiKey } = made.value;
      return done(
        { id: record.id, application: record.applicationId, label: record.label, apiKey },
        [
          `API key: ${apiKey}`,
          'Keep it now: only a hash of it is stored.',
          `To end it: watchword api-key revoke ${record.id}`,
        ],
      );
    }),
};
