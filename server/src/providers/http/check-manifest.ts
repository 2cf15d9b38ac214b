import { priceMistakes } from '../price.ts';
import { settingsMistakes } from '../settings-mistakes.ts';
import { isTooDeep, jsonTemplates } from './json-template.ts';
import { type Manifest, type ManifestValue, manifestSchema } from './manifest.ts';
import { templateMistakes } from './template.ts';

export type ManifestReading =
  | { readonly ok: true; readonly value: Manifest }
  | { readonly ok: false; readonly error: readonly string[] };

/** Reads a manifest; each mistake is a sentence that names the manifest and the key. */
export function readManifest(input: unknown): ManifestReading {
  const subject = `The manifest "${nameOf(input)}"`;
  if (isTooDeep(input)) return { ok: false, error: [`${subject} is nested too deeply.`] };
  const mistakes = settingsMistakes(manifestSchema, input, subject);
  if (mistakes.length > 0) return { ok: false, error: mistakes };
  const manifest = input as Manifest; // the schema just said so
  const more = [
    ...urlMistakes(manifest, subject),
    ...templatesOf(manifest).flatMap(([key, source]) =>
      templateMistakes(source, namesOf(manifest)).map((what) => `${subject}: "${key}" ${what}`),
    ),
    ...headerMistakes(manifest, subject),
    ...bodyMistakes(manifest, subject),
    ...signatureMistakes(manifest, subject),
    ...parameterMistakes(manifest, subject),
    ...priceMistakes(manifest.price, subject),
  ];
  return more.length > 0 ? { ok: false, error: more } : { ok: true, value: manifest };
}

function nameOf(input: unknown): string {
  const name = typeof input === 'object' && input !== null && 'name' in input ? input.name : '';
  return typeof name === 'string' ? name.slice(0, 64).replace(/[^\x20-\x7e]/g, '?') : '';
}

function namesOf(manifest: Manifest): { parameters: Set<string>; secrets: Set<string> } {
  return {
    parameters: new Set(Object.keys(manifest.parameters ?? {})),
    secrets: new Set(Object.keys(manifest.secrets ?? {})),
  };
}

/** Origin and path of a manifest's URL, the path still a template; null when it is neither. */
export function splitUrl(url: string): { readonly origin: string; readonly path: string } | null {
  const match = /^(https?:\/\/[^/?#{}\s]+)(\/[^?#]*)?$/i.exec(url);
  const path = match?.[2] ?? '/';
  const literal = path.replace(/\{\{[^{}]*\}\}/g, '');
  if (match?.[1] === undefined || !/^[\x21-\x7e]*$/.test(literal)) return null;
  return { origin: match[1], path };
}

function urlMistakes(manifest: Manifest, subject: string): string[] {
  if (manifest.url === undefined || splitUrl(manifest.url) !== null) return [];
  const rule = 'must be http(s)://host/path in ASCII, with names in braces only in the path';
  return [`${subject}: "url" ${rule}; what follows a question mark belongs under "query".`];
}

/** Every template with its key. */
function templatesOf(manifest: Manifest): readonly (readonly [string, string])[] {
  const { url, query, headers, authorization, body } = manifest;
  const found: (readonly [string, string])[] = [
    ...valueTemplates(query, 'query'),
    ...valueTemplates(headers, 'headers'),
  ];
  if (url !== undefined) found.push(['url', url]);
  if (authorization !== undefined) found.push(...jsonTemplates(authorization, 'authorization'));
  if (body?.type === 'json') found.push(...jsonTemplates(body.content, 'body.content'));
  if (body?.type === 'form' || body?.type === 'multipart') {
    found.push(...valueTemplates(body.content, 'body.content'));
  }
  return found;
}

function valueTemplates(
  values: Readonly<Record<string, ManifestValue>> | undefined,
  key: string,
): readonly (readonly [string, string])[] {
  return values === undefined ? [] : jsonTemplates(values, key);
}

/** Headers that frame the message or belong to the connection: the egress sets them. */
const ownHeaders: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

function headerMistakes(manifest: Manifest, subject: string): string[] {
  return Object.keys(manifest.headers ?? {}).flatMap((name) => {
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/.test(name)) {
      return [`${subject}: "headers.${name.slice(0, 64)}" is not the name of an HTTP header.`];
    }
    const isOwn = ownHeaders.has(name.toLowerCase()) || /^proxy-/i.test(name);
    return isOwn ? [`${subject}: "headers.${name}" is set by the HTTP client; leave it out.`] : [];
  });
}

function bodyMistakes(manifest: Manifest, subject: string): string[] {
  const { body, method } = manifest;
  if (body === undefined || body.type === 'none') return [];
  if (method === 'GET') return [`${subject}: "body" does not go with GET. Use "query" or POST.`];
  if (body.type !== 'multipart') return [];
  return Object.keys(body.content)
    .filter((name) => !/^[A-Za-z0-9_.[\]-]{1,100}$/.test(name))
    .map((name) => `${subject}: "body.content.${name.slice(0, 64)}" is no name for a form field.`);
}

function signatureMistakes(manifest: Manifest, subject: string): string[] {
  const { signature, secrets = {} } = manifest;
  if (signature === undefined || Object.hasOwn(secrets, signature.secret)) return [];
  return [
    `${subject}: "signature.secret" names "${signature.secret}", which is not a secret here.`,
  ];
}

function parameterMistakes(manifest: Manifest, subject: string): string[] {
  return Object.entries(manifest.parameters ?? {}).flatMap(([name, { default: value, oneOf }]) => {
    if (value === undefined || oneOf === undefined || oneOf.includes(value)) return [];
    return [`${subject}: "parameters.${name}.default" is not in its "oneOf".`];
  });
}
