import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { OutboundMessage } from '#service/provider-port.ts';
import type { ManifestValue, Scalar } from './manifest.ts';

/**
 * The templates of a manifest: text with names in double braces, `whatsapp:{{destination}}`. There
 * are no filters, conditions or loops: a choice is data of its own, and encoding belongs to the
 * place where a value stands. Two rules:
 *
 * - `{{sender | parameters.sender}}` takes the first of the names that has a value.
 * - A value that names something this message does not have is left out as a whole.
 */

type Field = (message: OutboundMessage) => string | null;

/** What a template can say of a message. A name added here needs a line in add-a-gateway.md. */
export const messageFields: Readonly<Record<string, Field>> = {
  destination: (message) => message.destination,
  destinationDigits: (message) => message.destination.replace(/^\+/, ''),
  destinationNational: (message) => nationalNumber(message.destination),
  callingCode: (message) =>
    parsePhoneNumberFromString(message.destination)?.countryCallingCode ?? null,
  text: (message) => message.text,
  // Gateways bill and encode by this; many want to be told.
  textCharset: (message) => (/^[\n\r\x20-\x7e]*$/.test(message.text) ? 'ascii' : 'unicode'),
  subject: (message) => message.subject,
  html: (message) => message.html,
  code: (message) => message.code,
  sender: (message) => message.sender,
  language: (message) => message.language,
  channel: (message) => message.channel,
  parts: (message) => String(message.parts),
  deliveryId: (message) => message.deliveryId,
  verificationId: (message) => message.verificationId,
  applicationId: (message) => message.applicationId,
};

/** Without country code, and without the zero that is dialled at home where it is no part of it. */
function nationalNumber(destination: string): string {
  return parsePhoneNumberFromString(destination)?.nationalNumber ?? destination.replace(/^\+/, '');
}

/** Values of `{{parameters.x}}` and `{{secrets.x}}`; null for an optional one that is not set. */
export interface TemplateScope {
  readonly parameters: ReadonlyMap<string, string | null>;
  readonly secrets: ReadonlyMap<string, string | null>;
}

/** A value ready to be filled in; null means left out. */
export interface Filled {
  readonly isConstant: boolean;
  readonly render: Field;
}

/** Sentences about names that are not known and braces that do not close. */
export function templateMistakes(
  source: string,
  scope: { parameters: ReadonlySet<string>; secrets: ReadonlySet<string> },
): string[] {
  const mistakes: string[] = [];
  for (const piece of split(source)) {
    if (typeof piece === 'string') {
      if (piece.includes('{{')) mistakes.push('has "{{" without "}}", or without a name between.');
      continue;
    }
    for (const name of piece) {
      const [group, member, ...rest] = name.split('.');
      const isKnown =
        member === undefined
          ? Object.hasOwn(messageFields, name)
          : rest.length === 0 &&
            ((group === 'parameters' && scope.parameters.has(member)) ||
              (group === 'secrets' && scope.secrets.has(member)));
      if (!isKnown)
        mistakes.push(`names {{${name.slice(0, 60)}}}, which is not known. ${knownNames}`);
    }
  }
  return mistakes;
}

const knownNames = [
  `Known are ${Object.keys(messageFields).join(', ')},`,
  'and what the manifest lists under "parameters" and "secrets".',
].join(' ');

/** Compiles a checked template; what does not depend on the message is filled in once. */
export function compileTemplate(source: string, scope: TemplateScope): Filled {
  const pieces = split(source).map((piece) =>
    typeof piece === 'string' ? constant(piece) : firstPresent(piece, scope),
  );
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return only;
  const render: Field = (message) => {
    let text = '';
    for (const piece of pieces) {
      const part = piece.render(message);
      if (part === null) return null;
      text += part;
    }
    return text;
  };
  return folded({ isConstant: pieces.every((piece) => piece.isConstant), render });
}

/** Compiles a value of a query, a header or a form, where everything becomes text. */
export function compileValue(value: ManifestValue, scope: TemplateScope): Filled {
  if (typeof value === 'object')
    return compileChoice(value, (one) => compileScalar(one, scope), scope);
  return compileScalar(value, scope);
}

export type Choice = Extract<ManifestValue, object>;

export function compileChoice(
  choice: Choice,
  compileCase: (value: Scalar) => Filled,
  scope: TemplateScope,
): Filled {
  const chosen = compileTemplate(choice.choose, scope);
  const cases = new Map(
    Object.entries(choice.cases).map(([name, value]) => [name, compileCase(value)]),
  );
  const otherwise = choice.otherwise === undefined ? constant(null) : compileCase(choice.otherwise);
  const pick = (name: string | null): Filled =>
    (name === null ? undefined : cases.get(name)) ?? otherwise;
  return chosen.isConstant
    ? pick(constantOf(chosen))
    : { isConstant: false, render: (message) => pick(chosen.render(message)).render(message) };
}

function compileScalar(value: Scalar, scope: TemplateScope): Filled {
  return typeof value === 'string' ? compileTemplate(value, scope) : constant(String(value));
}

export function constant(value: string | null): Filled {
  return { isConstant: true, render: () => value };
}

/** Renders a constant once and for all; leaves everything else as it is. */
export function folded(filled: Filled): Filled {
  return filled.isConstant ? constant(constantOf(filled)) : filled;
}

/** What a constant comes to; it never looks at the message. */
export function constantOf(filled: Filled): string | null {
  return filled.render(noMessage);
}

function firstPresent(names: readonly string[], scope: TemplateScope): Filled {
  const candidates = names.map((name) => lookUp(name, scope));
  return folded({
    isConstant: candidates.every((candidate) => candidate.isConstant),
    render: (message) => {
      for (const candidate of candidates) {
        const value = candidate.render(message);
        if (value !== null && value !== '') return value;
      }
      return null;
    },
  });
}

function lookUp(name: string, scope: TemplateScope): Filled {
  const [group = '', member] = name.split('.');
  if (member === undefined) {
    const field = messageFields[group];
    if (field === undefined) throw new Error(`template name ${group} was not checked`);
    return { isConstant: false, render: field };
  }
  const values = group === 'secrets' ? scope.secrets : scope.parameters;
  return constant(values.get(member) ?? null);
}

/** Texts as they are, placeholders as lists of alternative names. */
function split(source: string): (string | readonly string[])[] {
  const pieces: (string | readonly string[])[] = [];
  let from = 0;
  for (const match of source.matchAll(/\{\{([^{}]+)\}\}/g)) {
    if (match.index > from) pieces.push(source.slice(from, match.index));
    pieces.push((match[1] ?? '').split('|').map((name) => name.trim()));
    from = match.index + match[0].length;
  }
  if (from < source.length || pieces.length === 0) pieces.push(source.slice(from));
  return pieces;
}

/** Stands in where a constant is rendered, which never looks at it. */
const noMessage: OutboundMessage = {
  deliveryId: '',
  verificationId: null,
  applicationId: '',
  channel: 'sms',
  destination: '',
  country: null,
  sender: null,
  subject: null,
  text: '',
  html: null,
  parts: 1,
  language: '',
  code: null,
  isPossibleDuplicate: false,
};
