import type { PegaSettings } from '#compat/pega/settings.ts';
import { readWords, type Words } from '#compat/words.ts';
import { checkSender } from '#domain/sender.ts';
import type { StartRequest } from '#service/requests.ts';

/** What a generate call asks for; without a start its destination is missing. */
export interface Asked {
  readonly start: StartRequest | null;
  /** The vendor's name of the destination. */
  readonly field: string;
}

const sections = {
  email: { section: 'EmailSettings', destination: 'ToAddress' },
  sms: { section: 'SMSSettings', destination: 'ToPhoneNumber' },
} as const;

/**
 * The accounts, `Subject` and `ValidateMaxAge` decide nothing: an account is a provider of the
 * server, the subject belongs to the template, and no code lives for ever here.
 */
export function readGenerate(
  channel: 'email' | 'sms',
  body: unknown,
  { correspondences }: PegaSettings,
): Asked {
  const { section, destination } = sections[channel];
  const words = readWords(memberOf(body, section));
  const field = `${section}.${destination}`;
  const recipient = words(destination)?.trim();
  if (recipient === undefined || recipient === '' || recipient.length > 320) {
    return { start: null, field };
  }
  const start: StartRequest = {
    recipient,
    channel,
    purpose: purposeOf(readWords(body)('Context')),
    ...readText(words, correspondences),
    ...(channel === 'sms' ? readSender(words('From')?.trim()) : {}),
  };
  return { start, field };
}

type OwnText = Pick<StartRequest, 'template' | 'text' | 'variables'>;

/** The vendor's own client sends a `Message` without a place for the code: it follows the text. */
function readText(words: Words, correspondences: PegaSettings['correspondences']): OwnText {
  const name = words('CorrespondenceName') ?? '';
  const template = Object.hasOwn(correspondences, name) ? correspondences[name] : undefined;
  if (template !== undefined) return { template };
  const message = words('Message')?.trim() ?? '';
  return message === '' ? {} : { text: '{{message}} {{code}}', variables: { message } };
}

/** One that no network shows leaves the sender to the application. */
function readSender(from: string | undefined): Pick<StartRequest, 'sender'> {
  return from !== undefined && checkSender(from, 'sms').ok ? { sender: from } : {};
}

/** `ReferenceID` in any case; the vendor's own page prints it with a blank. */
export function readVerify(query: unknown): {
  readonly code: string | undefined;
  readonly reference: string | undefined;
} {
  const folded = new Map<string, unknown>();
  for (const [name, value] of Object.entries(query as object)) {
    folded.set(name.toLowerCase().replace(/\s/g, ''), value);
  }
  const words = readWords(Object.fromEntries(folded));
  return { code: words('otpvalue')?.trim(), reference: words('referenceid')?.trim() };
}

/** A code for one context is worthless for another; one that cannot be a purpose counts as none. */
function purposeOf(context: string | undefined): string {
  return context !== undefined && /^[A-Za-z0-9._-]{1,50}$/.test(context)
    ? `pega:${context}`
    : 'pega';
}

function memberOf(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null && Object.hasOwn(body, name)
    ? (body as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
