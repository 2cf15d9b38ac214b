/** The project's own files, for the tests that read the source. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface SourceFile {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly name: string;
  readonly text: string;
}

export const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Made by tools, or filled while the program runs; none of them is in git. */
const skipped = new Set(['node_modules', 'dist', 'data', '.git', '.cache']);
const depthMax = 12;

/** All files below a folder of the repository whose names end in one of `endings`. */
export function sourceFiles(folder: string, endings: readonly string[]): readonly SourceFile[] {
  return pathsBelow(join(repository, folder), depthMax)
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .map((path) => ({
      path: relative(repository, path).split(sep).join('/'),
      name: basename(path),
      text: readFileSync(path, 'utf8'),
    }))
    .sort((first, second) => (first.path < second.path ? -1 : 1));
}

function pathsBelow(folder: string, depthLeft: number): string[] {
  if (depthLeft === 0) throw new Error(`${folder} lies deeper than any folder of ours should.`);
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return pathsBelow(path, depthLeft - 1);
    return entry.isFile() ? [path] : [];
  });
}

/** A test, a suite that adapters share, or what they are fed: it may use what code may not. */
export function isTest(path: string): boolean {
  const isBeside = /\.(test|contract|fixture)\.ts$/.test(path) || path.includes('/contract/');
  return isBeside || path.startsWith('server/test/');
}
