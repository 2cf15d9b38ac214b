import { type Handle, isNamedBy } from '#domain/handle.ts';
import { headOf, shardOfId } from '#domain/id.ts';
import type { Storage } from '#service/ports.ts';
import type { Service } from '#service/service.ts';

/** Ids that are remembered by their handles: those that this node began last. */
const rememberedMax = 20_000;

export interface HandleDirectory {
  verificationIdOf: Service['verificationIdOf'];
  /** The same verb; what it begins for a façade is found again without asking the storage. */
  remembering(start: Service['startVerification']): Service['startVerification'];
}

/**
 * From a handle back to the id. An id never changes, so what is remembered stays true; whether the
 * verification is still there is for the verb to find out that is asked next.
 */
export function createHandleDirectory(
  storage: Pick<Storage, 'findByHandle'>,
  facades: readonly { readonly name: string }[],
): HandleDirectory {
  const origins = new Set(facades.map(({ name }) => name));
  const remembered = new Map<string, string>();

  function remember(applicationId: string, id: string): void {
    const head = headOf(id, 'vf');
    if (head === null) return;
    const [oldest] = remembered.keys();
    if (remembered.size >= rememberedMax && oldest !== undefined) remembered.delete(oldest);
    remembered.set(placeOf(applicationId, { head, shard: shardOfId(id) }), id);
  }

  return {
    async verificationIdOf({ application }, handle) {
      const known = remembered.get(placeOf(application.id, handle));
      if (known !== undefined && isNamedBy(known, handle)) return known;
      const { head, shard } = handle;
      const found = await storage.findByHandle(application.id, { head, shard });
      const [id, another] = found.filter((candidate) => isNamedBy(candidate, handle));
      // Two nodes can draw one head at once. A name that means two verifications means none.
      if (id === undefined || another !== undefined) return null;
      remember(application.id, id);
      return id;
    },
    remembering: (start) => async (caller, request, key) => {
      const started = await start(caller, request, key);
      if (started.ok && origins.has(caller.origin)) {
        remember(caller.application.id, started.value.view.id);
      }
      return started;
    },
  };
}

function placeOf(applicationId: string, { head, shard }: Pick<Handle, 'head' | 'shard'>): string {
  return `${applicationId} ${head} ${shard}`;
}
