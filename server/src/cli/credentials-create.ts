import { type Command, done, failed, misused, withService } from '#cli/command.ts';
import { findApplication } from '#cli/find-application.ts';
import { refused } from '#cli/refused.ts';
import type { Application } from '#domain/application.ts';
import { ok, type Result } from '#domain/refusal.ts';
import type { Service } from '#service/service.ts';
import { parseJson } from '#src/setting-readers.ts';

export const credentialsCreate: Command = {
  name: 'credentials create',
  words: ['vendor'],
  options: {
    application: 'Whose they are; the only application, where there is one.',
    with: 'Parts that clients have already, as a JSON object.',
  },
  summary: "Makes credentials in a vendor's own shape and shows them, this once.",
  details:
    'The vendor is the name of a façade. A client that has credentials of the vendor\n' +
    'can keep them: --with \'{"customerId": "C-…", "password": "…"}\'.',
  mode: 'tool',
  async run(input, context) {
    const given = input.options['with'];
    const parts = given === undefined ? {} : parseJson(given);
    if (typeof parts !== 'object' || parts === null || Array.isArray(parts)) {
      return misused('The parts must be a JSON object such as \'{"customerId": "C-0A1B2C3D"}\'.');
    }
    return withService(input, context, async ({ service }) => {
      const found = await chooseApplication(service, input.options['application']);
      if (!found.ok) return failed(found.error);
      const vendor = input.words['vendor'] ?? '';
      const made = await service.createCredential(found.value.id, vendor, { ...parts });
      if (!made.ok) return refused(made.error);
      const { credential, shown } = made.value;
      return done({ id: credential.id, application: found.value.id, ...shown }, [
        ...Object.entries(shown).map(([name, value]) => `${name}: ${value}`),
        'Keep them now: secrets are stored as hashes only.',
        `To end them: watchword credentials revoke ${vendor} ${credential.id}`,
      ]);
    });
  },
};

async function chooseApplication(
  service: Service,
  word: string | undefined,
): Promise<Result<Application, string>> {
  if (word !== undefined) return findApplication(service, word);
  const [only, ...others] = await service.listApplications();
  if (only !== undefined && others.length === 0) return ok(only);
  const error =
    only === undefined
      ? 'There is no application yet. Make one with `watchword application create`.'
      : 'There is more than one application. Name the one they are for with --application.';
  return { ok: false, error };
}
