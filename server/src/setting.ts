import type { Reader } from './setting-readers.ts';

export interface Setting<Value> {
  readonly read: Reader<Value>;
  readonly default: Value;
  /** Where development differs from the default. */
  readonly developmentDefault?: Value;
  readonly isSecret?: boolean;
  /** Another product's variables that mean the same; the first that is set counts, after ours. */
  readonly alsoReadAs?: readonly string[];
  /** One sentence: what it does. */
  readonly purpose: string;
}

/** Ties a setting's default to the type that its reader yields. */
export function setting<Value>(value: Setting<Value>): Setting<Value> {
  return value;
}

export function optional<Value>(read: Reader<Value>): Reader<Value | null> {
  return read;
}
