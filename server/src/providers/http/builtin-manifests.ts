import { readdirSync, readFileSync } from 'node:fs';

/** The manifests that come with the product: the JSON files in the folder beside this file. */
const folder = new URL('./manifests/', import.meta.url);

export function builtinManifestNames(): readonly string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/** The manifest of that name, still to be checked; undefined when there is none. */
export function loadBuiltinManifest(name: string): unknown {
  if (!builtinManifestNames().includes(name)) return undefined;
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
}
