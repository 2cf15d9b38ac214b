import { type Command, failed } from '#cli/command.ts';

/** Credentials in a vendor's own shape; façades bring them, and this version mounts none. */
function credentialsCommand(verb: string, summary: string): Command {
  return {
    name: `credentials ${verb}`,
    words: ['vendor'],
    options: {},
    summary,
    details: 'No façade is part of this version, so there are no vendors yet.',
    mode: null,
    run: async ({ words }) =>
      failed(
        `This version mounts no façade of "${words['vendor']}" or of any other vendor. Use the ` +
          'native API with a key from `watchword api-key create`.',
      ),
  };
}

export const credentialsCreate = credentialsCommand(
  'create',
  "Makes credentials in a vendor's own shape.",
);
export const credentialsList = credentialsCommand('list', 'Lists the credentials of a vendor.');
export const credentialsRevoke = credentialsCommand('revoke', 'Ends credentials of a vendor.');
