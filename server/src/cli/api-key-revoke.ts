import { type Command, done, failed, withService } from '#cli/command.ts';

export const apiKeyRevoke: Command = {
  name: 'api-key revoke',
  words: ['id'],
  options: {},
  summary: 'Ends an API key, named by its id; running servers follow within two seconds.',
  mode: 'tool',
  run: (input, context) =>
    withService(input, context, async ({ service }) => {
      const id = input.words['id'] ?? '';
      // The key itself is no name for it: whoever has it in a shell history should not need it.
      if (id.startsWith('wk_')) {
        return failed('Name the key by its id, key_…: see `watchword api-key list`.');
      }
      const revoked = await service.revokeApiKey(id);
      if (!revoked.ok) return failed(revoked.error.detail);
      return done({ id, revoked: true }, [`The API key ${id} is revoked.`]);
    }),
};
