import { defaultSettings } from '#domain/application.ts';
import { hashApiKey } from '#service/applications.ts';
import { makeId } from '#service/make-id.ts';
import type { Storage } from '#service/ports.ts';

const applicationSecret = 'development-application';

/**
 * The one application of a development server, with every country allowed and the limits of
 * production. Several servers on one database agree on it: the first one to keep its id wins.
 */
export async function ensureDevelopmentApplication(
  storage: Storage,
  apiKey: string,
): Promise<string> {
  const id = await storage.createSecret(applicationSecret, makeId('app'));
  const known = await storage.readApplication(id);
  if (known === null) {
    await storage.createApplication({
      id,
      name: 'Development',
      settings: { ...defaultSettings, countries: 'all' },
      createdAtMs: await storage.now(),
    });
  }
  const hash = hashApiKey(apiKey);
  const key = await storage.findApiKey(hash);
  if (key === null) {
    await storage.createApiKey({
      id: makeId('key'),
      applicationId: id,
      label: 'development',
      createdAtMs: await storage.now(),
      revokedAtMs: null,
      hash,
    });
  }
  return id;
}
