import type { OutboundMessage } from '#service/provider-port.ts';
import { compileJson } from './json-template.ts';
import type { Manifest } from './manifest.ts';
import { type Signer, signatureHeaders } from './standard-webhooks.ts';
import {
  compileTemplate,
  compileValue,
  constantOf,
  type Filled,
  type TemplateScope,
} from './template.ts';

/** A manifest's request with everything filled in that does not depend on the message. */
export interface RequestPlan {
  render(message: OutboundMessage): RenderedRequest | RenderFailure;
}

export interface RenderedRequest {
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** This message cannot be put into this request; a public sentence. */
export interface RenderFailure {
  readonly failure: string;
}

export interface PlanParts {
  readonly manifest: Manifest;
  /** Path and query templates of the URL; its host is nobody's template. */
  readonly path: string;
  readonly scope: TemplateScope;
  /** Null sends unsigned. */
  readonly signer: Signer | null;
}

export function planRequest(parts: PlanParts): RequestPlan {
  const { manifest, scope, signer } = parts;
  const path = compilePath(parts.path, scope);
  const query = compilePairs(manifest.query, scope, encodeURIComponent);
  const headers = compileHeaders(manifest, scope);
  const body = compileBody(manifest, scope);
  return {
    render: (message) => {
      const renderedPath = path.render(message);
      if (renderedPath === null) {
        return { failure: 'The message lacks a value that the URL of this provider needs.' };
      }
      const search = query(message);
      const content = body.render(message);
      const rendered: Record<string, string> = { 'user-agent': 'Watchword' };
      for (const [name, value] of headers) {
        const text = value.render(message);
        if (text === null) continue;
        // Field values are visible ASCII, blanks and tabs (RFC 9110, 5.5).
        if (!/^[\t\x20-\x7e]*$/.test(text)) {
          return { failure: `The message holds characters that the header ${name} cannot carry.` };
        }
        rendered[name] = text;
      }
      const type = body.contentType(message);
      if (type !== null) rendered['content-type'] ??= type;
      if (signer !== null) {
        Object.assign(rendered, signatureHeaders(signer, message.deliveryId, content ?? ''));
      }
      const target = search === '' ? renderedPath : `${renderedPath}?${search}`;
      return { target, headers: rendered, body: content };
    },
  };
}

/** The path keeps its slashes; what is filled in cannot add any, nor climb with dots. */
function compilePath(path: string, scope: TemplateScope): Filled {
  const segments = path.split('/').map((segment) => compileTemplate(segment, scope));
  const isTemplate = path.includes('{{');
  const encode = (text: string): string =>
    /^\.{1,2}$/.test(text) ? text.replaceAll('.', '%2E') : encodeURIComponent(text.toWellFormed());
  if (!isTemplate) return { isConstant: true, render: () => path };
  const literal = path.split('/');
  return {
    isConstant: false,
    render: (message) => {
      const rendered: string[] = [];
      for (const [at, segment] of segments.entries()) {
        const isLiteral = !(literal[at] ?? '').includes('{{');
        const text = segment.render(message);
        if (text === null || (text === '' && !isLiteral)) return null;
        rendered.push(isLiteral ? text : encode(text));
      }
      return rendered.join('/');
    },
  };
}

type Pairs = (message: OutboundMessage) => string;

/** `name=value` pairs in the manifest's order, names and constants encoded once. */
function compilePairs(
  pairs: Manifest['query'],
  scope: TemplateScope,
  encode: (text: string) => string,
): Pairs {
  const compiled = Object.entries(pairs ?? {}).map(([name, source]) => {
    const value = compileValue(source, scope);
    const head = `${encode(name)}=`;
    const toPair = (text: string | null): string | null =>
      text === null ? null : `${head}${encode(text.toWellFormed())}`;
    const fixed = value.isConstant ? toPair(constantOf(value)) : null;
    return value.isConstant
      ? () => fixed
      : (message: OutboundMessage) => toPair(value.render(message));
  });
  return (message) => {
    let text = '';
    for (const render of compiled) {
      const pair = render(message);
      if (pair !== null) text += text === '' ? pair : `&${pair}`;
    }
    return text;
  };
}

function compileHeaders(
  manifest: Manifest,
  scope: TemplateScope,
): readonly (readonly [string, Filled])[] {
  const headers: [string, Filled][] = Object.entries(manifest.headers ?? {}).map(
    ([name, value]) => [name.toLowerCase(), compileValue(value, scope)],
  );
  const { authorization } = manifest;
  if (authorization === undefined) return headers;
  if ('bearer' in authorization) {
    headers.push(['authorization', compileTemplate(`Bearer ${authorization.bearer}`, scope)]);
    return headers;
  }
  const pair = compileTemplate(
    `${authorization.basic.user}:${authorization.basic.password}`,
    scope,
  );
  headers.push([
    'authorization',
    {
      isConstant: pair.isConstant,
      render: (message) => {
        const text = pair.render(message);
        return text === null ? null : `Basic ${Buffer.from(text).toString('base64')}`;
      },
    },
  ]);
  return headers;
}

interface Body {
  readonly render: (message: OutboundMessage) => string | null;
  readonly contentType: (message: OutboundMessage) => string | null;
}

function compileBody(manifest: Manifest, scope: TemplateScope): Body {
  const { body } = manifest;
  if (body === undefined || body.type === 'none') {
    return { render: () => null, contentType: () => null };
  }
  if (body.type === 'json') {
    const json = compileJson(body.content, scope);
    return { render: (message) => json.render(message), contentType: () => 'application/json' };
  }
  if (body.type === 'form') {
    const pairs = compilePairs(body.content, scope, encodeForm);
    return { render: pairs, contentType: () => 'application/x-www-form-urlencoded' };
  }
  const fields = Object.entries(body.content).map(
    ([name, source]) => [name, compileValue(source, scope)] as const,
  );
  return {
    render: (message) => renderMultipart(fields, message),
    contentType: (message) => `multipart/form-data; boundary=${boundaryOf(message)}`,
  };
}

/** The urlencoded serializer of the URL standard: blanks as plus, only `*-._` left as they are. */
function encodeForm(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

// The id is random and made after the text was written, so no text can hold it.
function boundaryOf(message: OutboundMessage): string {
  return `watchword-${message.deliveryId.replace(/[^A-Za-z0-9]/g, '').slice(0, 50)}`;
}

function renderMultipart(
  fields: readonly (readonly [string, Filled])[],
  message: OutboundMessage,
): string {
  const boundary = boundaryOf(message);
  let text = '';
  for (const [name, value] of fields) {
    const rendered = value.render(message);
    if (rendered === null) continue;
    const disposition = `Content-Disposition: form-data; name="${name}"`;
    text += `--${boundary}\r\n${disposition}\r\n\r\n${rendered}\r\n`;
  }
  return `${text}--${boundary}--\r\n`;
}
