import { defaultSettings } from '#domain/application.ts';
import { ok, type Result } from '#domain/refusal.ts';
import { hashApiKey } from '#service/applications.ts';
import type { FacadeDefinition } from '#service/facade-port.ts';
import { makeId } from '#service/make-id.ts';
import type { Storage } from '#service/ports.ts';
import type { Service } from '#service/service.ts';

const applicationSecret = 'development-application';

export interface DevelopmentAccess {
  readonly application: string;
  readonly apiKey: string;
}

/**
 * The application of a development server and a key that opens it: `fixed` by the operator, or the
 * one `kept` since the last start, or a new one. Refuses a fixed key that can open nothing.
 */
export async function ensureDevelopmentAccess(
  storage: Storage,
  keys: { readonly fixed: string | null; readonly kept: string | null },
): Promise<Result<DevelopmentAccess, string>> {
  const application = await ensureApplication(storage);
  const given = keys.fixed ?? keys.kept;
  if (given !== null && (await ensureKey(storage, application, given))) {
    return ok({ application, apiKey: given });
  }
  if (keys.fixed !== null) {
    return {
      ok: false,
      error:
        'WATCHWORD_DEV_API_KEY is a key that was revoked, or one of another application. Set it ' +
        'to a value that was not used before, or remove it.',
    };
  }
  const apiKey = makeId('wk');
  if (await ensureKey(storage, application, apiKey)) return ok({ application, apiKey });
  throw new Error('A random API key came twice.');
}

/** Credentials of a façade in its vendor's own words, as a client is configured with them. */
export type VendorPart = Readonly<Record<string, unknown>>;

/** For each façade the credentials that were `kept` since the last start, or new ones. */
export async function ensureFacadeCredentials(
  service: Pick<Service, 'authenticateWith' | 'createCredential'>,
  application: string,
  { facades, kept }: { facades: readonly FacadeDefinition[]; kept: VendorPart },
): Promise<Readonly<Record<string, VendorPart>>> {
  const parts: Record<string, VendorPart> = {};
  for (const { name, credentials } of facades) {
    const part = kept[name];
    const shown = typeof part === 'object' && part !== null ? { ...part } : null;
    const presented = shown === null ? null : credentials.present(shown);
    const opened = presented === null ? null : await service.authenticateWith(name, presented);
    if (shown !== null && opened?.application.id === application) {
      parts[name] = shown;
      continue;
    }
    const made = await service.createCredential(application, name, {});
    if (!made.ok) throw new Error(made.error.detail);
    parts[name] = made.value.shown;
  }
  return parts;
}

/** What would open the development application in production too: each by how it is ended. */
export async function liveDevelopmentAccess(storage: Storage): Promise<readonly string[]> {
  const application = await storage.readSecret(applicationSecret);
  if (application === null) return [];
  const keys = await storage.listApiKeys(application);
  const credentials = await storage.listCredentials(null);
  return [
    ...keys
      .filter(({ revokedAtMs }) => revokedAtMs === null)
      .map(({ id }) => `watchword api-key revoke ${id}`),
    ...credentials
      .filter((one) => one.applicationId === application && one.revokedAtMs === null)
      .map(({ id, facade }) => `watchword credentials revoke ${facade} ${id}`),
  ];
}

/**
 * Every country allowed, and the limits of production. Several servers on one database agree on
 * it: the first one to keep its id wins.
 */
async function ensureApplication(storage: Storage): Promise<string> {
  const id = await storage.createSecret(applicationSecret, makeId('app'));
  if ((await storage.readApplication(id)) !== null) return id;
  const createdAtMs = await storage.now();
  const settings = { ...defaultSettings, countries: 'all' } as const;
  try {
    await storage.createApplication({ id, name: 'Development', settings, createdAtMs });
  } catch (error) {
    // Another server that starts at the same moment made it in between.
    if ((await storage.readApplication(id)) === null) throw error;
  }
  return id;
}

/** False when the key was used before and does not open this application any more, or never did. */
async function ensureKey(storage: Storage, application: string, apiKey: string): Promise<boolean> {
  const hash = hashApiKey(apiKey);
  const isNew = await storage.createApiKey({
    id: makeId('key'),
    applicationId: application,
    label: 'development',
    createdAtMs: await storage.now(),
    revokedAtMs: null,
    hash,
  });
  return isNew || (await storage.findApiKey(hash))?.applicationId === application;
}
