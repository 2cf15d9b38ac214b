import { type Command, done, withService } from '#cli/command.ts';
import { refused } from '#cli/refused.ts';

export const credentialsRevoke: Command = {
  name: 'credentials revoke',
  words: ['vendor', 'id'],
  options: {},
  summary: 'Ends credentials of a vendor; running servers follow within two seconds.',
  details: 'The id is the one that the list shows, or the public id next to it.',
  mode: 'tool',
  run: (input, context) =>
    withService(input, context, async ({ service }) => {
      const { vendor = '', id = '' } = input.words;
      const revoked = await service.revokeCredential(vendor, id);
      if (!revoked.ok) return refused(revoked.error);
      return done({ id: revoked.value, revoked: true }, [
        `The credentials ${revoked.value} are revoked, and so are their tokens.`,
      ]);
    }),
};
