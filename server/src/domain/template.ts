import type { ChannelName, ComposedText } from '#domain/channels/channel.ts';
import { channels, isChannelName } from '#domain/channels/index.ts';
import { messagePurpose } from '#domain/plain-message.ts';
import { ok, type Refusal, type Result, refuse } from '#domain/refusal.ts';
import { type CodeRule, parseText } from '#domain/template-parse.ts';
import { longestText, type ParsedText, renderText, variableNames } from '#domain/template-text.ts';
import { codeCharactersMax, type TemplateValues } from '#domain/template-variables.ts';

/**
 * A named text in its variants.
 *
 * Which variant a message uses, of those for its channel:
 * 1. The longest number prefix that the phone number begins with; no prefix is the shortest. A
 *    prefix comes first because carriers of a country may ask for a registered text.
 * 2. Within it, the language asked for; then its base language (`de` for `de-AT`); then another
 *    of the same base (`de-AT` for `de`); then whichever stands first.
 * 3. Where every variant has a prefix of other numbers, whichever stands first: a text in a
 *    foreign language is better than none.
 */
export interface TemplateVariant {
  readonly channel: ChannelName;
  /** BCP 47, for example `de` or `pt-BR`. */
  readonly language: string;
  /** The beginning of an E.164 number, for example `+49`; null for every number. */
  readonly prefix: string | null;
  /** Subject and HTML part belong to e-mail. */
  readonly subject: string | null;
  readonly text: string;
  readonly html: string | null;
}

export interface Template {
  readonly name: string;
  readonly state: 'draft' | 'approved';
  /**
   * Purposes the template may be used for; empty means all. With `message` alone it is for plain
   * messages, and needs no code (`plain-message.ts`).
   */
  readonly purposes: readonly string[];
  readonly variants: readonly TemplateVariant[];
}

export interface WantedVariant {
  readonly channel: ChannelName;
  readonly language: string | null;
  /** E.164; null for an e-mail address. */
  readonly phone: string | null;
}

/** A variant, or a request's own text, ready to be rendered many times. */
export interface ParsedVariant {
  readonly text: ParsedText;
  readonly subject: ParsedText | null;
  readonly html: ParsedText | null;
}

export const templateBounds = {
  textCharactersMax: 2_000,
  htmlCharactersMax: 50_000,
  subjectCharactersMax: 200,
  variantsMax: 100,
  purposesMax: 20,
} as const;

export const templateNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
// The shape of BCP 47 (RFC 5646 2.1) without extensions and private use, which no text needs.
export const languagePattern = /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/;
const prefixPattern = /^\+[1-9][0-9]{0,14}$/;
const purposeCharactersMax = 64;

/** Refuses with `template_invalid` and a pointer into the template; changes nothing. */
export function checkTemplate(template: Template): Result<Template> {
  const refused = headRefusal(template);
  if (refused !== null) return { ok: false, error: refused };
  const seen = new Set<string>();
  for (const [index, variant] of template.variants.entries()) {
    const pointer = `/variants/${index}`;
    const checked = checkVariant(variant, codeRuleOf(template));
    if (!checked.ok) return under(pointer, checked.error);
    const key = `${variant.channel} ${variant.language.toLowerCase()} ${variant.prefix ?? ''}`;
    if (seen.has(key)) {
      return invalid('Another variant has the same channel, language and prefix.', pointer);
    }
    seen.add(key);
  }
  return ok(template);
}

/** How often the code stands in its texts. */
export function codeRuleOf(template: Pick<Template, 'purposes'>): CodeRule {
  return isForMessages(template) ? 'optional' : 'once';
}

export function isForMessages({ purposes }: Pick<Template, 'purposes'>): boolean {
  return purposes.length === 1 && purposes[0] === messagePurpose;
}

/** Null only where the template has no variant for the channel. */
export function selectVariant(template: Template, wanted: WantedVariant): TemplateVariant | null {
  let best: TemplateVariant | null = null;
  let bestRank = -1;
  for (const variant of template.variants) {
    if (variant.channel !== wanted.channel) continue;
    const rank = rankOf(variant, wanted);
    if (rank > bestRank) {
      best = variant;
      bestRank = rank;
    }
  }
  return best;
}

/** The parts of a variant; refusals point to `/text`, `/subject` or `/html`. */
export function parseVariant(
  variant: Pick<TemplateVariant, 'text' | 'subject' | 'html'>,
  code: CodeRule = 'once',
): Result<ParsedVariant> {
  const { textCharactersMax, htmlCharactersMax, subjectCharactersMax } = templateBounds;
  const text = parsePart('/text', variant.text, textCharactersMax, (source) =>
    parseText(source, { escapeHtml: false, code }),
  );
  if (!text.ok) return text;
  const subject =
    variant.subject === null
      ? ok(null)
      : parsePart('/subject', variant.subject, subjectCharactersMax, parseSubject);
  if (!subject.ok) return subject;
  const html =
    variant.html === null
      ? ok(null)
      : parsePart('/html', variant.html, htmlCharactersMax, (source) => parseHtml(source, code));
  if (!html.ok) return html;
  return ok({ text: text.value, subject: subject.value, html: html.value });
}

/** What the channel's `shape` takes. Refuses a variable that a part needs and nobody gave. */
export function renderVariant(parsed: ParsedVariant, values: TemplateValues): Result<ComposedText> {
  const text = renderText(parsed.text, values);
  if (!text.ok) return text;
  const subject = parsed.subject === null ? ok(null) : renderText(parsed.subject, values);
  if (!subject.ok) return subject;
  const html = parsed.html === null ? ok(null) : renderText(parsed.html, values);
  if (!html.ok) return html;
  return ok({ text: text.value, subject: subject.value, html: html.value });
}

/** The variables of all its parts. */
export function variantVariables({ text, subject, html }: ParsedVariant): readonly string[] {
  return [text, subject, html].flatMap((part) => (part === null ? [] : variableNames(part)));
}

function headRefusal(template: Template): Refusal | null {
  const { variantsMax, purposesMax } = templateBounds;
  if (!templateNamePattern.test(template.name)) {
    return invalid(
      'A template’s name has 1 to 64 letters, digits, dots, dashes or underscores.',
      '/name',
    ).error;
  }
  if (template.state !== 'draft' && template.state !== 'approved') {
    return invalid('The state is draft or approved.', '/state').error;
  }
  if (template.purposes.length > purposesMax) {
    return invalid(`A template has at most ${purposesMax} purposes.`, '/purposes').error;
  }
  const wrong = template.purposes.findIndex(
    (purpose) => purpose.length === 0 || purpose.length > purposeCharactersMax,
  );
  if (wrong >= 0) {
    return invalid(`A purpose has 1 to ${purposeCharactersMax} characters.`, `/purposes/${wrong}`)
      .error;
  }
  if (template.variants.length === 0 || template.variants.length > variantsMax) {
    return invalid(`A template has 1 to ${variantsMax} variants.`, '/variants').error;
  }
  return null;
}

function checkVariant(variant: TemplateVariant, code: CodeRule): Result<null> {
  if (!isChannelName(variant.channel)) {
    const names = Object.keys(channels).join(', ');
    return invalid(`The channel is none of ${names}.`, '/channel');
  }
  if (!languagePattern.test(variant.language)) {
    return invalid('The language is not a tag like de or pt-BR.', '/language');
  }
  const channel = channels[variant.channel];
  if (variant.prefix !== null && !prefixPattern.test(variant.prefix)) {
    return invalid('The prefix is the beginning of a phone number, like +49.', '/prefix');
  }
  if (channel.carries === 'mail' && variant.prefix !== null) {
    return invalid('An e-mail address has no number prefix. Leave it out.', '/prefix');
  }
  if (channel.carries !== 'mail' && variant.subject !== null) {
    return invalid('Only the email channel has a subject. Leave it out.', '/subject');
  }
  if (channel.carries !== 'mail' && variant.html !== null) {
    return invalid('Only the email channel has an HTML part. Leave it out.', '/html');
  }
  const parsed = parseVariant(variant, code);
  if (!parsed.ok) return parsed;
  const { text, subject, html } = parsed.value;
  const longest = {
    text: longestText(text),
    subject: subject && longestText(subject),
    html: html && longestText(html),
  };
  const shaped = channel.shape(longest, '0'.repeat(codeCharactersMax));
  return shaped.ok ? ok(null) : under('/text', shaped.error);
}

function parseSubject(source: string): Result<ParsedText> {
  // A line break would begin another header of the mail.
  if (/[\p{Cc}\u2028\u2029]/u.test(source)) {
    return refuse('template_invalid', 'The subject is one line without control characters.');
  }
  return parseText(source, { escapeHtml: false, code: 'optional' });
}

function parseHtml(source: string, code: CodeRule): Result<ParsedText> {
  const refused = refuseScript(source);
  if (refused !== null) return refused;
  return parseText(source, { escapeHtml: true, code });
}

export function refuseScript(html: string): Result<never> | null {
  if (!/<script/i.test(html)) return null;
  return refuse('template_invalid', 'The HTML part holds a script, which no mail program runs.');
}

function parsePart(
  pointer: string,
  source: string,
  charactersMax: number,
  parse: (source: string) => Result<ParsedText>,
): Result<ParsedText> {
  if (source.length > charactersMax) {
    return invalid(`At most ${charactersMax} characters fit here. Shorten it.`, pointer);
  }
  const parsed = parse(source);
  return parsed.ok ? parsed : under(pointer, parsed.error);
}

// Languages weigh 0 to 3, so a digit more of the prefix outweighs every language; a prefix of
// other numbers weighs least of all and is used only where nothing else is there.
function rankOf(variant: TemplateVariant, wanted: WantedVariant): number {
  const { prefix } = variant;
  if (prefix === null) return 4 + languageRank(variant.language, wanted.language);
  if (wanted.phone === null || !wanted.phone.startsWith(prefix)) return 0;
  return 4 * (1 + prefix.length) + languageRank(variant.language, wanted.language);
}

function languageRank(offered: string, wanted: string | null): 0 | 1 | 2 | 3 {
  if (wanted === null) return 0;
  const [has, wants] = [offered.toLowerCase(), wanted.toLowerCase()];
  if (has === wants) return 3;
  const base = baseOf(wants);
  if (has === base) return 2;
  return baseOf(has) === base ? 1 : 0;
}

function baseOf(language: string): string {
  return language.split('-', 1)[0] ?? language;
}

function invalid(detail: string, pointer: string): { readonly ok: false; readonly error: Refusal } {
  return refuse('template_invalid', detail, { pointer });
}

/** The same refusal, its pointer seen from one level further out. */
function under(pointer: string, error: Refusal): { readonly ok: false; readonly error: Refusal } {
  return { ok: false, error: { ...error, pointer: `${pointer}${error.pointer ?? ''}` } };
}
