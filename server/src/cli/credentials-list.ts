import { type Command, done, withService } from '#cli/command.ts';
import { refused } from '#cli/refused.ts';
import type { CredentialView } from '#service/facade-port.ts';

export const credentialsList: Command = {
  name: 'credentials list',
  words: ['vendor'],
  options: {},
  summary: 'Lists the credentials of a vendor; their secrets are not kept.',
  mode: 'tool',
  run: (input, context) =>
    withService(input, context, async ({ service }) => {
      const listed = await service.listCredentials(input.words['vendor'] ?? '');
      if (!listed.ok) return refused(listed.error);
      const lines = listed.value.map(
        (one) => `${one.id}  ${one.applicationId}  ${stateOf(one)}  ${one.publicId}`,
      );
      return done(
        { items: listed.value.map(present) },
        lines.length > 0 ? lines : ['There are no credentials yet.'],
      );
    }),
};

function stateOf({ revokedAtMs }: CredentialView): string {
  return revokedAtMs === null ? 'valid' : 'revoked';
}

function present(credential: CredentialView): object {
  const { id, facade, applicationId, publicId, details, createdAtMs, revokedAtMs } = credential;
  return {
    id,
    vendor: facade,
    application: applicationId,
    publicId,
    details,
    createdAt: new Date(createdAtMs).toISOString(),
    revokedAt: revokedAtMs === null ? null : new Date(revokedAtMs).toISOString(),
  };
}
