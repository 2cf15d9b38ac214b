/** What an operator names of credentials and settings: the first mistake is told, by its place. */
import type { FacadeName } from '#compat/names.ts';
import type { OwnSettings } from '#domain/facade-settings.ts';
import { ok, type Result, refuse } from '#domain/refusal.ts';

export type Options = Readonly<Record<string, unknown>>;

/** Bounds of a secret that an operator names, in characters. */
export const secretLength = { min: 8, max: 200 } as const;

export function isSecret(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.isWellFormed() &&
    value.length >= secretLength.min &&
    value.length <= secretLength.max
  );
}

export function mistake(name: string, detail: string): Result<never> {
  return refuse('request_invalid', detail, { pointer: `/${name}` });
}

/** Null where credentials of the façade take all that was named. */
export function refuseUnknown(
  facade: FacadeName,
  options: Options,
  names: readonly string[],
): Result<never> | null {
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown === undefined) return null;
  return mistake(unknown, `The credentials of ${facade} take "${names.join('", "')}".`);
}

/** What a setting may be; `must` goes on after its name. */
export interface SettingRule {
  is(value: unknown): boolean;
  readonly must: string;
}

/** Lays a patch over a façade's own settings; `null` puts one back to its default. */
export function changeOwnSettings(
  facade: FacadeName,
  rules: Readonly<Record<string, SettingRule>>,
  { before, patch }: { readonly before: OwnSettings; readonly patch: OwnSettings },
): Result<OwnSettings> {
  const after: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(patch)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) {
      const known = Object.keys(rules).join('", "');
      return mistake(name, `The façade ${facade} has the settings "${known}".`);
    }
    if (value === undefined) continue;
    if (value !== null && !rule.is(value)) {
      return mistake(name, `The setting "${name}" ${rule.must}.`);
    }
    if (value === null) delete after[name];
    else after[name] = value;
  }
  return ok(after);
}

export function isWholeIn(min: number, max: number): (value: unknown) => boolean {
  return (value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
}

export function isMap(value: unknown): value is Options {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
