import { ok, type Result, refuse } from '#domain/refusal.ts';
import type { ApplicationDirectory } from '#service/applications.ts';
import type { CredentialView, FacadeDefinition, OpenedCredential } from '#service/facade-port.ts';
import { makeId } from '#service/make-id.ts';
import type { Storage } from '#service/ports.ts';
import type { CredentialRecord } from '#service/records.ts';
import { createSecretHashes } from '#service/secret-hash.ts';
import type { Service } from '#service/service.ts';

/** As long as a revoked API key may go unnoticed on another node. */
const freshMs = 1_500;
/** Unknown ones are remembered too, but only so many: a guesser must not fill the memory. */
const knownMax = 10_000;
const publicIdMax = 256;

export interface CredentialDirectory {
  authenticateWith: Service['authenticateWith'];
  /** The live credential with this public id, as of at most 1.5 s ago; no secret is asked for. */
  open(facade: string, publicId: string): Promise<OpenedCredential | null>;
  verbs: Pick<Service, 'createCredential' | 'listCredentials' | 'revokeCredential'>;
}

export function createCredentials(
  parts: {
    readonly storage: Storage;
    readonly directory: ApplicationDirectory;
    readonly facades: readonly FacadeDefinition[];
  },
  monotonicMs: () => number = () => performance.now(),
): CredentialDirectory {
  const { storage, directory } = parts;
  const hashes = createSecretHashes();
  let known = new Map<string, { record: CredentialRecord | null; readAtMs: number }>();

  async function find(facade: string, publicId: string): Promise<CredentialRecord | null> {
    if (publicId === '' || publicId.length > publicIdMax || !publicId.isWellFormed()) return null;
    const name = `${facade}\n${publicId}`;
    const kept = known.get(name);
    if (kept !== undefined && monotonicMs() - kept.readAtMs < freshMs) return kept.record;
    // What is forgotten while it is read goes into the map that nobody looks into any more.
    const records = known;
    const readAtMs = monotonicMs();
    const record = await storage.findCredential(facade, publicId);
    if (records.size >= knownMax) records.clear();
    records.set(name, { record, readAtMs });
    return record;
  }

  async function opened(record: CredentialRecord): Promise<OpenedCredential | null> {
    const application = await directory.current(record.applicationId);
    return application === null ? null : { credential: view(record), application };
  }

  return {
    async authenticateWith(facade, { publicId, secrets }) {
      const record = await find(facade, publicId);
      if (record === null) return null;
      const presented = Object.entries(secrets);
      const isBare = presented.length === 0 && Object.keys(record.secretHashes).length > 0;
      if (isBare) return null;
      for (const [name, value] of presented) {
        const isThere = Object.hasOwn(record.secretHashes, name);
        const kept = isThere ? record.secretHashes[name] : undefined;
        if (kept === undefined || !(await hashes.isRight(kept, value))) return null;
      }
      return opened(record);
    },
    async open(facade, publicId) {
      const record = await find(facade, publicId);
      return record === null ? null : opened(record);
    },
    verbs: createVerbs(parts, hashes, () => {
      known = new Map();
    }),
  };
}

function createVerbs(
  parts: { readonly storage: Storage; readonly facades: readonly FacadeDefinition[] },
  hashes: ReturnType<typeof createSecretHashes>,
  forget: () => void,
): CredentialDirectory['verbs'] {
  const { storage, facades } = parts;

  function named(name: string): Result<FacadeDefinition> {
    const facade = facades.find((one) => one.name === name);
    if (facade !== undefined) return ok(facade);
    const names = facades.map((one) => one.name).join(', ') || 'none';
    return refuse('request_invalid', `There is no façade "${name}". The façades are: ${names}.`);
  }

  return {
    async createCredential(applicationId, name, options) {
      const facade = named(name);
      if (!facade.ok) return facade;
      if ((await storage.readApplication(applicationId)) === null) {
        return refuse('request_invalid', `There is no application "${applicationId}".`);
      }
      const made = facade.value.credentials.make(options);
      if (!made.ok) return made;
      const { publicId, secrets, details, shown } = made.value;
      const hashed = Object.entries(secrets).map(
        async ([secret, value]) => [secret, await hashes.hash(value)] as const,
      );
      const record: CredentialRecord = {
        id: makeId('crd'),
        applicationId,
        facade: name,
        publicId,
        secretHashes: Object.fromEntries(await Promise.all(hashed)),
        details,
        createdAtMs: await storage.now(),
        revokedAtMs: null,
      };
      const isNew = await storage.createCredential(record);
      forget();
      if (isNew) return ok({ credential: view(record), shown });
      return refuse(
        'request_invalid',
        `The façade ${name} has a credential "${publicId}" already. Revoke it first, or choose ` +
          'another name.',
      );
    },
    async listCredentials(name) {
      const facade = name === null ? null : named(name);
      if (facade?.ok === false) return facade;
      return ok((await storage.listCredentials(name)).map(view));
    },
    async revokeCredential(name, word) {
      const facade = named(name);
      if (!facade.ok) return facade;
      const credentials = await storage.listCredentials(name);
      const found =
        credentials.find(({ id }) => id === word) ??
        credentials.findLast(({ publicId }) => publicId === word);
      if (found === undefined) {
        return refuse(
          'request_invalid',
          `The façade ${name} has no credential "${word}". List them to see their ids.`,
        );
      }
      await storage.revokeCredential(found.id);
      forget();
      return ok(found.id);
    },
  };
}

function view({ secretHashes: _, ...rest }: CredentialRecord): CredentialView {
  return rest;
}
