import { readFileSync, statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { callServer, refusalOf, serverOptions } from '#cli/call-server.ts';
import { type Command, done, failed, misused } from '#cli/command.ts';
import { templatePath } from '#cli/template-show.ts';
import { allChannels } from '#domain/application.ts';
import { looksLikeHtml, textOfHtml } from '#domain/html-text.ts';
import { messagePurpose } from '#domain/plain-message.ts';
import { ok, type Result, refuse } from '#domain/refusal.ts';
import { codeNames } from '#domain/template-variables.ts';
import { fromThymeleaf } from '#domain/thymeleaf.ts';

/** As much as the server takes. */
const fileBytesMax = 65_536;

/** A variant in the words of `PUT /v1/templates/{name}`. */
interface Variant {
  readonly channel: string;
  readonly language: string;
  readonly prefix?: string | null;
  readonly subject?: string | null;
  readonly text: string;
  readonly html?: string | null;
}

export const templateImport: Command = {
  name: 'template import',
  words: ['file'],
  options: {
    name: 'Name of the template; that of the file where it is left out.',
    channel: 'sms, or email (also MAIL); by default email for a file of HTML, else sms.',
    language: 'Language of the text, a tag such as en or pt-BR; en by default.',
    subject: 'Subject of an e-mail; the one it had where it is left out.',
    ...serverOptions,
  },
  summary: 'Takes a text with the placeholders of Thymeleaf (FlowX.AI) into a template.',
  details:
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what stands in the file.
    'The file is one text, plain or HTML. ${name}, [[${name}]] and [(${name})] are\n' +
    'taken over, otpValue is the code, client.name becomes client_name. Other\n' +
    'variants of the template stay; the one of this channel and language is replaced.\n' +
    'A text without a code makes a template for plain messages.',
  mode: 'tool',
  async run(input, context) {
    const { file = '' } = input.words;
    const found = statSync(file, { throwIfNoEntry: false });
    if (found?.isFile() !== true) return misused(`There is no file ${file}.`);
    if (found.size > fileBytesMax) return misused(`${file} is larger than ${fileBytesMax} bytes.`);
    const variant = toVariant(readFileSync(file, 'utf8').replace(/^\ufeff/, ''), input.options);
    if (!variant.ok) return misused(`${file}: ${variant.error.detail}`);
    const path = templatePath(input.options['name'] ?? basename(file, extname(file)));
    const before = await callServer(input, context, { method: 'GET', path });
    if (before.kind !== 'answered') return before;
    if (before.status !== 200 && before.status !== 404) return refusalOf(before);
    const body =
      before.status === 200
        ? { ...before.body, variants: merged(before.body['variants'], variant.value) }
        : { purposes: purposesOf(variant.value), variants: [variant.value] };
    const { name: _, updatedAt: __, ...template } = body as Record<string, unknown>;
    const answer = await callServer(input, context, { method: 'PUT', path, body: template });
    if (answer.kind !== 'answered') return answer;
    if (answer.status !== 200) return refusalOf(answer);
    const { name, purposes, variants } = answer.body;
    if (!Array.isArray(variants)) return failed('The server did not show the template.');
    const isPlain = Array.isArray(purposes) && purposes.includes(messagePurpose);
    return done(answer.body, [
      `The template ${name} is saved; its texts: ${variants.map(nameOf).join(', ')}.`,
      ...(isPlain ? ['It is for plain messages: its text shows no code.'] : []),
    ]);
  },
};

function toVariant(source: string, options: Readonly<Record<string, string>>): Result<Variant> {
  const body = fromThymeleaf(source);
  if (!body.ok) return body;
  const isHtml = looksLikeHtml(body.value);
  const named = options['channel']?.toLowerCase() ?? (isHtml ? 'email' : 'sms');
  const channel = allChannels.find((one) => one === (named === 'mail' ? 'email' : named));
  if (channel === undefined) {
    return refuse('template_invalid', `--channel must be one of ${allChannels.join(', ')}.`);
  }
  const text = isHtml ? textOfHtml(body.value) : body.value.trim();
  if (text === '') return refuse('template_invalid', 'There is no text in it.');
  const { language = 'en' } = options;
  if (channel !== 'email') return ok({ channel, language, text });
  const subject = fromThymeleaf(options['subject'] ?? '');
  if (!subject.ok) return subject;
  const parts = { subject: subject.value || null, html: isHtml ? body.value : null };
  return ok({ channel, language, text, ...parts });
}

/** A text without a code can be one for plain messages only. */
function purposesOf({ text }: Variant): readonly string[] {
  const names = [...text.matchAll(/\{\{\s*([A-Za-z_]+)/g)].map(([, name = '']) => name);
  return names.some((name) => codeNames.has(name)) ? [] : [messagePurpose];
}

function merged(variants: unknown, added: Variant): readonly unknown[] {
  const place = placeOf(added);
  const all = variants as readonly Variant[];
  const before = all.find((one) => placeOf(one) === place);
  const subject = added.subject ?? before?.subject ?? null;
  const others = all.filter((one) => one !== before);
  return [...others, added.channel === 'email' ? { ...added, subject } : added];
}

function placeOf({ channel, language, prefix }: Variant): string {
  return `${channel} ${language.toLowerCase()} ${prefix ?? ''}`;
}

function nameOf({ channel, language, prefix }: Variant): string {
  return [channel, language, ...(prefix == null ? [] : [prefix])].join(' ');
}
