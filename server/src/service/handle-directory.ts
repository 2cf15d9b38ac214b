import { type Handle, isNamedBy } from '#domain/handle.ts';
import { headOf, shardOfId } from '#domain/id.ts';
import type { Storage } from '#service/ports.ts';
import type { Service } from '#service/service.ts';

/** Ids that are remembered by their handles: at least so many that this node began last. */
const rememberedMin = 10_000;

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
  // Two maps in turn, because a map that loses its oldest entry each time searches for it through
  // the places of those that it lost before: 17 µs, against less than one here.
  let recent = new Map<string, string>();
  let older = new Map<string, string>();

  function remember(applicationId: string, id: string): void {
    const head = headOf(id, 'vf');
    if (head === null) return;
    if (recent.size >= rememberedMin) {
      older = recent;
      recent = new Map();
    }
    recent.set(placeOf(applicationId, { head, shard: shardOfId(id) }), id);
  }

  return {
    async verificationIdOf({ application }, handle) {
      const place = placeOf(application.id, handle);
      const known = recent.get(place) ?? older.get(place);
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
