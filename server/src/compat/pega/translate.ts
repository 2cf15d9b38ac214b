import type { PegaSettings } from '#compat/pega/settings.ts';
import { isMap } from '#compat/read-options.ts';
import { readWords, type Words } from '#compat/words.ts';
import { ok, type Result } from '#domain/refusal.ts';
import { checkSender } from '#domain/sender.ts';
import { valueCharactersMax } from '#domain/template-variables.ts';
import type { StartRequest } from '#service/requests.ts';

/** Where a generate call says to whom, and what may stand there. */
export const destinations = {
  email: {
    section: 'EmailSettings',
    member: 'ToAddress',
    field: 'EmailSettings.ToAddress',
    expected: 'an e-mail address',
  },
  sms: {
    section: 'SMSSettings',
    member: 'ToPhoneNumber',
    field: 'SMSSettings.ToPhoneNumber',
    expected: 'a mobile number with a plus, or one of the country in the setting "country"',
  },
} as const;

export type Destination = (typeof destinations)[keyof typeof destinations];

/**
 * The accounts, `Subject` and `ValidateMaxAge` decide nothing: an account is a provider of the
 * server, the subject belongs to the template, and no code lives for ever here.
 */
export function readGenerate(
  channel: 'email' | 'sms',
  body: unknown,
  { correspondences }: PegaSettings,
): Result<StartRequest, string> {
  if (!isMap(body)) return { ok: false, error: 'The body is missing, or is no JSON object.' };
  const { section, member, field } = destinations[channel];
  const words = readWords(memberOf(body, section));
  const recipient = words(member)?.trim();
  if (recipient === undefined || recipient === '' || recipient.length > 320) {
    return { ok: false, error: `${field} is required.` };
  }
  const text = readText(words, correspondences);
  if ((text.variables?.['message']?.length ?? 0) > valueCharactersMax) {
    const error = `${section}.Message has more than ${valueCharactersMax} characters.`;
    return { ok: false, error };
  }
  return ok({
    recipient,
    channel,
    purpose: purposeOf(readWords(body)('Context')),
    ...text,
    ...(channel === 'sms' ? readSender(words('From')?.trim()) : {}),
  });
}

interface OwnText {
  readonly template?: string;
  readonly text?: string;
  readonly variables?: Readonly<Record<string, string>>;
}

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
  return isMap(body) && Object.hasOwn(body, name) ? body[name] : undefined;
}
