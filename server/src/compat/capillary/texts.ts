import type { Words } from '#compat/words.ts';
import { templateBounds } from '#domain/template.ts';
import { codeNames } from '#domain/template-variables.ts';
import type { ChannelRequest } from '#service/requests.ts';

/** The vendor's own texts, word for word as its page has them. */
const builtIn = {
  sms: 'Hi user.Your otp for validation is {{ validation_code }}.',
  subject: 'Validation Code',
  mail: 'Dear Customer, The validation code for your request is: {{ validation_code }}.',
  mailBesideSms:
    ' You will also receive the validation code by SMS on your registered mobile number shortly.',
};

export interface OwnText {
  readonly content: Pick<ChannelRequest, 'text' | 'subject' | 'html'>;
  /** Whether the call brought it, which puts it before every template. */
  readonly isGiven: boolean;
  /** Whether it shows the code more than once. */
  readonly isRepeated: boolean;
}

export function smsContent(template: string | undefined): OwnText {
  const text = template ?? builtIn.sms;
  return { content: { text }, isGiven: template !== undefined, isRepeated: isRepeated(text) };
}

/** A part that is missing is the vendor's own, which promises an SMS only where one goes out. */
export function mailContent(words: Words, isBesideSms: boolean): OwnText {
  const [subject, body] = [words('subject'), words('body')];
  const isGiven = subject !== undefined || body !== undefined;
  const mail = body ?? builtIn.mail + (isBesideSms ? builtIn.mailBesideSms : '');
  const content = { subject: subject ?? builtIn.subject, text: mail };
  if (!/<[a-z!/][^<>]*>/i.test(mail)) {
    return { content, isGiven, isRepeated: isRepeated(mail) };
  }
  return {
    content: { ...content, text: plainText(mail), html: mail },
    isGiven,
    isRepeated: isRepeated(mail),
  };
}

/** What a mail says to programs that show no HTML; the vendor's own where that is too much. */
function plainText(html: string): string {
  const text = html
    .replace(/<style\b[^<]*<\/style\s*>/gi, ' ')
    .replace(/<[^<>]*>/g, ' ')
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n[ \n]*/g, '\n')
    .trim();
  return text.length <= templateBounds.textCharactersMax && countCodes(text) > 0
    ? text
    : builtIn.mail;
}

const placeholder = new RegExp(`\\{\\{\\s*(?:${[...codeNames].join('|')})\\s*\\}\\}`, 'g');

function isRepeated(text: string): boolean {
  return countCodes(text) > 1;
}

function countCodes(text: string): number {
  return text.match(placeholder)?.length ?? 0;
}
