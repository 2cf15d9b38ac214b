import type { SandboxInbox } from '#service/provider-port.ts';
import type { Egress } from './egress/egress.ts';
import type { Environment } from './secret.ts';

/** What a provider may use of the world. */
export interface ProviderContext {
  readonly egress: Egress;
  /** Where secrets are looked up by the names that the configuration gives. */
  readonly environment: Environment;
  /** The virtual phone; without it there is no sandbox provider. */
  readonly inbox?: SandboxInbox | undefined;
  /** Wall clock in milliseconds, for signatures and Retry-After dates. */
  readonly nowMs?: () => number;
}

/** A value, or one sentence for each thing that is wrong with the settings. */
export type SettingsReading<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: readonly string[] };

/** How a sentence about a configured provider begins. */
export function subjectOf(name: string): string {
  return `The provider "${name}"`;
}
