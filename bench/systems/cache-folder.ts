import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Where peers are kept once they were installed; not in git. */
export function cacheFolder(name: string): string {
  return join(repository, '.cache', 'bench', name);
}
