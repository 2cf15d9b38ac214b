import Type, { type TSchema } from 'typebox';
import type { Provider } from '#service/provider-port.ts';
import { type ProviderContext, type SettingsReading, subjectOf } from './context.ts';
import { createHttpProvider } from './http/http-provider.ts';
import { httpSettingsSchema } from './http/http-settings.ts';
import { createSandboxProvider, sandboxSettingsSchema } from './sandbox/sandbox-provider.ts';
import { settingsMistakes } from './settings-mistakes.ts';
import { createSmtpProvider } from './smtp/smtp-provider.ts';
import { smtpSettingsSchema } from './smtp/smtp-settings.ts';

export type { ProviderContext } from './context.ts';

/** A kind of provider: what its settings may be, and how one is made of them. */
export interface ProviderKind {
  readonly settings: TSchema;
  /** `settings` was checked against the schema. */
  create(settings: unknown, context: ProviderContext): SettingsReading<Provider>;
}

function kind<Settings>(
  settings: TSchema,
  create: (settings: Settings, context: ProviderContext) => SettingsReading<Provider>,
): ProviderKind {
  return { settings, create: (checked, context) => create(checked as Settings, context) };
}

/** Every kind there is. One more is a folder and a line. */
export const providerKinds: Readonly<Record<string, ProviderKind>> = {
  sandbox: kind(sandboxSettingsSchema, createSandboxProvider),
  http: kind(httpSettingsSchema, createHttpProvider),
  smtp: kind(smtpSettingsSchema, createSmtpProvider),
};

const entrySchema = Type.Object({
  name: Type.String({
    pattern: '^[a-z0-9][a-z0-9-]{0,63}$',
    description: 'a name of small letters, digits and dashes',
  }),
  kind: Type.Enum(Object.keys(providerKinds)),
});

/**
 * Builds the configured providers, in their order, or tells everything that is wrong with any of
 * them: an operator should not have to start ten times to find ten mistakes.
 */
export function createProviders(
  configured: readonly unknown[],
  context: ProviderContext,
): SettingsReading<readonly Provider[]> {
  const providers: Provider[] = [];
  const mistakes: string[] = [];
  const names = new Set<string>();
  for (const [at, entry] of configured.entries()) {
    const made = createOne(entry, at, context);
    if (!made.ok) {
      mistakes.push(...made.error);
    } else if (names.has(made.value.name)) {
      mistakes.push(`${subjectOf(made.value.name)} is configured twice. Give one another name.`);
    } else {
      names.add(made.value.name);
      providers.push(made.value);
    }
  }
  if (mistakes.length === 0) return { ok: true, value: providers };
  for (const provider of providers) void provider.close();
  return { ok: false, error: mistakes };
}

function createOne(
  entry: unknown,
  at: number,
  context: ProviderContext,
): SettingsReading<Provider> {
  const mistakes = settingsMistakes(entrySchema, entry, `The provider at place ${at + 1}`);
  if (mistakes.length > 0) return { ok: false, error: mistakes };
  const { name, kind: kindName } = entry as { name: string; kind: string };
  const chosen = providerKinds[kindName];
  if (chosen === undefined) throw new Error(`the kind ${kindName} passed its check`);
  const wrong = settingsMistakes(chosen.settings, entry, subjectOf(name));
  return wrong.length > 0 ? { ok: false, error: wrong } : chosen.create(entry, context);
}
