import { ok, type Result, refuse } from '#domain/refusal.ts';

/** What one façade keeps of its own for an application. Its reader alone knows the fields. */
export type OwnSettings = Readonly<Record<string, unknown>>;

/** By the name of the façade. */
export type FacadeSettings = Readonly<Record<string, OwnSettings>>;

/**
 * Reads a change of one façade's settings; what it answers is kept whole. A field that the change
 * does not name stays. Pointers of refusals begin below the façade's name.
 */
export type OwnSettingsReader = (before: OwnSettings, patch: OwnSettings) => Result<OwnSettings>;

export type FacadeSettingsReaders = ReadonlyMap<string, OwnSettingsReader>;

/** `null` puts a façade back to its defaults, and in the place of all of them, all of them. */
export function readFacadeSettings(
  readers: FacadeSettingsReaders,
  before: FacadeSettings,
  patch: unknown,
): Result<FacadeSettings> {
  if (patch === undefined) return ok(before);
  if (patch === null) return ok({});
  if (!isObject(patch)) return mistake('The setting "facades" must be an object.', '/facades');
  const after = new Map(Object.entries(before));
  for (const [name, own] of Object.entries(patch)) {
    const pointer = `/facades/${name}`;
    const read = readers.get(name);
    if (read === undefined) {
      const known = [...readers.keys()].join(', ') || 'none';
      return mistake(`"facades" names no façade "${name}". The façades are: ${known}.`, pointer);
    }
    if (own === undefined) continue;
    if (own === null) {
      after.delete(name);
      continue;
    }
    if (!isObject(own)) {
      return mistake(`What "facades" has for "${name}" must be an object.`, pointer);
    }
    const value = read(before[name] ?? {}, own);
    if (!value.ok) {
      const { error } = value;
      return { ok: false, error: { ...error, pointer: `${pointer}${error.pointer ?? ''}` } };
    }
    after.set(name, value.value);
  }
  return ok(Object.fromEntries(after));
}

function mistake(detail: string, pointer: string): Result<never> {
  return refuse('request_invalid', detail, { pointer });
}

function isObject(value: unknown): value is OwnSettings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
