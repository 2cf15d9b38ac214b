import { type Command, done, failed, withService } from '#cli/command.ts';
import { findApplication } from '#cli/find-application.ts';
import type { ApiKeyRecord } from '#service/records.ts';

export const apiKeyList: Command = {
  name: 'api-key list',
  words: [],
  options: { application: 'Only the keys of this application.' },
  summary: 'Lists API keys by their ids; the keys themselves are not kept.',
  mode: 'tool',
  run: (input, context) =>
    withService(input, context, async ({ service }) => {
      const word = input.options['application'];
      const found = word === undefined ? null : await findApplication(service, word);
      if (found !== null && !found.ok) return failed(found.error);
      const keys = await service.listApiKeys(found === null ? null : found.value.id);
      const lines = keys.map(
        (key) => `${key.id}  ${key.applicationId}  ${stateOf(key)}  ${key.label}`,
      );
      return done(
        { items: keys.map(present) },
        lines.length > 0 ? lines : ['There is no API key yet.'],
      );
    }),
};

function stateOf(key: ApiKeyRecord): string {
  return key.revokedAtMs === null ? 'valid' : 'revoked';
}

function present(key: ApiKeyRecord): object {
  return {
    id: key.id,
    application: key.applicationId,
    label: key.label,
    createdAt: new Date(key.createdAtMs).toISOString(),
    revokedAt: key.revokedAtMs === null ? null : new Date(key.revokedAtMs).toISOString(),
  };
}
