import Type, { type Static } from 'typebox';
import type { ChannelName } from '#domain/channels/channel.ts';
import { readCertificateAuthority } from '../certificate-authority.ts';
import { type ProviderContext, type SettingsReading, subjectOf } from '../context.ts';
import { doorOf } from '../egress/outbound-url.ts';
import { type Price, priceMistakes, priceSchema } from '../price.ts';
import { readSecret, secretSchema } from '../secret.ts';
import { builtinManifestNames, loadBuiltinManifest } from './builtin-manifests.ts';
import { readManifest, splitUrl } from './check-manifest.ts';
import { channelSchema, type Manifest } from './manifest.ts';
import { readSigner, type Signer } from './standard-webhooks.ts';
import type { TemplateScope } from './template.ts';

/** A gateway in the configuration: which manifest, and what this account adds to it. */
export const httpSettingsSchema = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' }),
    kind: Type.Literal('http'),
    /** The name of a manifest that comes with the product, or a manifest written out. */
    manifest: Type.Unknown(),
    /** Replaces the manifest's URL: another region, or one's own endpoint. */
    url: Type.Optional(Type.String()),
    /** A part of the manifest's channels; all of them when left out. */
    channels: Type.Optional(Type.Array(channelSchema, { minItems: 1 })),
    parameters: Type.Optional(Type.Record(Type.String(), Type.String())),
    secrets: Type.Optional(Type.Record(Type.String(), secretSchema)),
    price: Type.Optional(priceSchema),
    /** Longest wait for an answer. */
    timeoutMs: Type.Optional(Type.Integer({ minimum: 100, maximum: 60_000 })),
    /** Most requests under way at once. */
    concurrencyMax: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
    /** PEM file of a private certificate authority to trust as well. */
    certificateAuthorityFile: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);

export type HttpSettings = Static<typeof httpSettingsSchema>;

/** Everything that a provider needs, checked and with its secrets read. */
export interface HttpGateway {
  readonly name: string;
  readonly manifest: Manifest;
  readonly channels: readonly ChannelName[];
  readonly origin: URL;
  readonly path: string;
  readonly scope: TemplateScope;
  readonly signer: Signer | null;
  readonly price: Price | undefined;
  readonly timeoutMs: number;
  readonly concurrencyMax: number;
  readonly certificateAuthority: string | undefined;
}

const timeoutDefaultMs = 10_000;
const concurrencyDefault = 32;

export function readHttpGateway(
  settings: HttpSettings,
  context: ProviderContext,
): SettingsReading<HttpGateway> {
  const subject = subjectOf(settings.name);
  const reading = findManifest(settings.manifest, subject);
  if (!reading.ok) return reading;
  const manifest = reading.value;
  const mistakes = [...priceMistakes(settings.price, subject)];
  const note = (what: string): void => void mistakes.push(`${subject}: ${what}`);

  const target = readTarget(settings.url ?? manifest.url, context, note);
  const parameters = readParameters(manifest, settings.parameters ?? {}, note);
  const secrets = readSecrets(manifest, settings.secrets ?? {}, context, note);
  const signer = findSigner(manifest, secrets, context, note);
  const authority = readCertificateAuthority(settings.certificateAuthorityFile);
  if (!authority.ok) note(`${authority.error}.`);
  const channels = settings.channels ?? manifest.channels;
  const foreign = channels.filter((channel) => !manifest.channels.includes(channel));
  if (foreign.length > 0) note(`the manifest does not serve ${foreign.join(', ')}.`);

  if (mistakes.length > 0 || target === null || !authority.ok) {
    return { ok: false, error: mistakes };
  }
  const value: HttpGateway = {
    name: settings.name,
    manifest,
    channels,
    origin: target.origin,
    path: target.path,
    scope: { parameters, secrets },
    signer,
    price: settings.price ?? manifest.price,
    timeoutMs: settings.timeoutMs ?? manifest.timeoutMs ?? timeoutDefaultMs,
    concurrencyMax: settings.concurrencyMax ?? manifest.concurrencyMax ?? concurrencyDefault,
    certificateAuthority: authority.value,
  };
  return { ok: true, value };
}

function findManifest(given: unknown, subject: string): SettingsReading<Manifest> {
  if (typeof given !== 'string') return readManifest(given);
  const found = loadBuiltinManifest(given);
  if (found !== undefined) return readManifest(found);
  const known = builtinManifestNames().join(', ');
  const sentence = `there is no manifest "${given.slice(0, 64)}". Known are: ${known}.`;
  return { ok: false, error: [`${subject}: ${sentence}`] };
}

type Note = (what: string) => void;

function readTarget(
  url: string | undefined,
  context: ProviderContext,
  note: Note,
): { origin: URL; path: string } | null {
  if (url === undefined) {
    note('"url" is missing, and the manifest has none.');
    return null;
  }
  const parts = splitUrl(url);
  if (parts === null) {
    note('"url" must be https://host/path, without a question mark or anything behind one.');
    return null;
  }
  const checked = context.egress.checkUrl(`${parts.origin}/`, '/url');
  if (!checked.ok) {
    note(`"url" is refused. ${checked.error.detail}`);
    return null;
  }
  // Codes and keys in clear go only where the operator said so, host and port.
  if (checked.value.protocol === 'http:' && !context.egress.isListed(doorOf(checked.value))) {
    note('"url" must begin with https://, unless WATCHWORD_EGRESS_ALLOW lists its host and port.');
    return null;
  }
  return { origin: checked.value, path: parts.path };
}

function readParameters(
  manifest: Manifest,
  given: Readonly<Record<string, string>>,
  note: Note,
): ReadonlyMap<string, string | null> {
  const declared = manifest.parameters ?? {};
  const values = new Map<string, string | null>();
  for (const name of unknownNames(given, declared)) {
    note(`"parameters.${name}" is not known. ${listed(declared)}`);
  }
  for (const [name, rule] of Object.entries(declared)) {
    const value = Object.hasOwn(given, name) ? given[name] : rule.default;
    if (value === undefined && rule.isOptional !== true) {
      note(`"parameters.${name}" is missing.`);
    } else if (value !== undefined && rule.oneOf?.includes(value) === false) {
      note(`"parameters.${name}" must be one of ${rule.oneOf.join(', ')}.`);
    }
    values.set(name, value ?? null);
  }
  return values;
}

function readSecrets(
  manifest: Manifest,
  given: NonNullable<HttpSettings['secrets']>,
  context: ProviderContext,
  note: Note,
): ReadonlyMap<string, string | null> {
  const declared = manifest.secrets ?? {};
  const values = new Map<string, string | null>();
  for (const name of unknownNames(given, declared)) {
    note(`"secrets.${name}" is not known. ${listed(declared)}`);
  }
  for (const [name, rule] of Object.entries(declared)) {
    const own = Object.hasOwn(given, name) ? given[name] : undefined;
    const reading = readSecret(own ?? rule, context.environment);
    values.set(name, reading.ok ? reading.value : null);
    const mayLack = own === undefined && typeof rule === 'object' && 'isOptional' in rule;
    if (!reading.ok && !(mayLack && rule.isOptional)) {
      note(`the secret "${name}" is needed, but ${reading.error}.`);
    }
  }
  return values;
}

function unknownNames(given: object, declared: object): string[] {
  return Object.keys(given)
    .filter((name) => !Object.hasOwn(declared, name))
    .map((name) => name.slice(0, 64).replace(/[^\x20-\x7e]/g, '?'));
}

function listed(declared: object): string {
  const names = Object.keys(declared);
  return names.length === 0 ? 'The manifest has none.' : `Known are: ${names.join(', ')}.`;
}

function findSigner(
  manifest: Manifest,
  secrets: ReadonlyMap<string, string | null>,
  context: ProviderContext,
  note: Note,
): Signer | null {
  const name = manifest.signature?.secret;
  const secret = name === undefined ? null : (secrets.get(name) ?? null);
  if (name === undefined || secret === null) return null;
  const reading = readSigner(secret, context.nowMs ?? Date.now);
  if (reading.ok) return reading.value;
  note(`the secret "${name}" ${reading.error}.`);
  return null;
}
