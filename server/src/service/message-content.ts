/** What a plain message says: the caller's own words as they stand, or a template's. */
import type { Application } from '#domain/application.ts';
import type { ChannelName, ComposedText } from '#domain/channels/channel.ts';
import { channels } from '#domain/channels/index.ts';
import { guessLengthMax } from '#domain/code.ts';
import { messageCharactersMax, messagePurpose } from '#domain/plain-message.ts';
import { ok, type Result, refuse } from '#domain/refusal.ts';
import { refuseScript, renderVariant, templateBounds, variantVariables } from '#domain/template.ts';
import {
  checkVariables,
  composeValues,
  takeVariables,
  type Variables,
} from '#domain/template-variables.ts';
import type { KeptRequest } from '#service/kept-request.ts';
import type { SecretText } from '#service/plain-messages.ts';
import type { MessageRequest, VariableLookup } from '#service/requests.ts';
import type { TemplateLibrary } from '#service/template-library.ts';

export type MessageContent =
  | { readonly own: ComposedText }
  | { readonly template: string; readonly variables: Variables | VariableLookup };

/** Where a text that does not fit came from. */
export function contentPointer(content: MessageContent): '/text' | '/template' {
  return 'own' in content ? '/text' : '/template';
}

export function readMessageContent(
  request: MessageRequest,
  channel: ChannelName,
): Result<MessageContent> {
  const { text, template, variables, variablesFrom, subject, html, attachments = [] } = request;
  if (attachments.length > 0) {
    const detail = 'Nothing can be attached to a message. Leave the attachments out, or link them.';
    return refuse('not_available', detail, { pointer: '/attachments' });
  }
  if ((text === undefined) === (template === undefined)) {
    return invalid('Give either a text or a template.', '/text');
  }
  if (text === undefined && (subject ?? html) !== undefined) {
    return invalid('A template brings its own subject and HTML part.', '/subject');
  }
  if (template !== undefined) {
    if (variablesFrom !== undefined) return ok({ template, variables: variablesFrom });
    const checked = checkVariables(variables ?? {});
    return checked.ok ? ok({ template, variables: checked.value }) : checked;
  }
  if (variables !== undefined && Object.keys(variables).length > 0) {
    return invalid('Variables fill a template. A text goes out as it stands.', '/variables');
  }
  const own = { text: text ?? '', subject: subject ?? null, html: html ?? null };
  return mistakeInText(own.text, '/text') ?? mistakeInMail(own, channel) ?? ok({ own });
}

/** The words themselves, and in which language they are. */
export async function composeMessageText(
  templates: TemplateLibrary,
  of: { application: Application; kept: KeptRequest; content: MessageContent; code: string | null },
): Promise<Result<{ secret: SecretText; language: string }>> {
  const { content, code, kept } = of;
  const found =
    'own' in content
      ? ok({ text: content.own, language: kept.language })
      : await composeTemplate(templates, { ...of, ...content });
  if (!found.ok) return found;
  const { text, language } = found.value;
  if (code !== null && (code.length > guessLengthMax || !text.text.includes(code))) {
    const detail = `The code has at most ${guessLengthMax} characters and stands in the text.`;
    return invalid(detail, '/code');
  }
  return ok({ secret: { ...text, code }, language });
}

async function composeTemplate(
  templates: TemplateLibrary,
  of: {
    application: Application;
    kept: KeptRequest;
    template: string;
    variables: Variables | VariableLookup;
    code: string | null;
  },
): Promise<Result<{ text: ComposedText; language: string }>> {
  const { application, kept, template: name, code } = of;
  const [destination] = kept.destinations;
  if (destination === undefined) throw new Error('A message goes nowhere.');
  const { channel, to } = destination;
  const found = await templates.named({
    ...{ applicationId: application.id, name, purpose: messagePurpose, kind: 'message' },
    ...{ channel, language: kept.language, hasTransaction: false },
    phone: to.startsWith('+') ? to : null,
  });
  if (!found.ok) return found;
  if (found.value === null) {
    const detail = `The template "${name}" has no text for the channel ${channel}. Add one to it.`;
    return refuse('template_invalid', detail, { pointer: '/template' });
  }
  const { parsed, language } = found.value;
  const variables =
    typeof of.variables === 'function'
      ? takeVariables(variantVariables(parsed), of.variables)
      : ok(of.variables);
  if (!variables.ok) return variables;
  const values = composeValues({
    ...{ code, application: application.name, lifetimeSeconds: null, transaction: null },
    variables: variables.value,
  });
  const rendered = renderVariant(parsed, values);
  if (!rendered.ok) return rendered;
  const isMail = channels[channel].carries === 'mail';
  const subject = rendered.value.subject ?? (isMail ? application.name : null);
  // The caller's own words were looked at when they were read.
  const unfit = mistakeInText(rendered.value.text, '/template');
  return unfit ?? ok({ text: { ...rendered.value, subject }, language });
}

function mistakeInText(text: string, pointer: string): Result<never> | null {
  const isFit = text.trim() !== '' && text.length <= messageCharactersMax && isPrintable(text);
  if (isFit) return null;
  return invalid(
    `A text has 1 to ${messageCharactersMax} characters, none of them a control.`,
    pointer,
  );
}

function mistakeInMail({ subject, html }: ComposedText, channel: ChannelName) {
  if (channels[channel].carries !== 'mail') {
    if (subject === null && html === null) return null;
    const pointer = subject === null ? '/html' : '/subject';
    return invalid('Only the email channel has a subject and an HTML part.', pointer);
  }
  const { subjectCharactersMax, htmlCharactersMax } = templateBounds;
  const isSubject =
    subject !== null && subject.trim() !== '' && !/[\p{Cc}\u2028\u2029]/u.test(subject);
  if (!isSubject || subject.length > subjectCharactersMax || !subject.isWellFormed()) {
    return invalid(
      `An e-mail has a subject of 1 to ${subjectCharactersMax} characters on one line.`,
      '/subject',
    );
  }
  if (html === null) return null;
  if (html.length > htmlCharactersMax || !isPrintable(html)) {
    return invalid(
      `The HTML part has at most ${htmlCharactersMax} characters, none of them a control.`,
      '/html',
    );
  }
  const scripted = refuseScript(html);
  return scripted?.ok === false ? invalid(scripted.error.detail, '/html') : null;
}

/** Line breaks and tabs are text; what else steers a terminal has no place in a message. */
function isPrintable(text: string): boolean {
  return text.isWellFormed() && !/[^\P{Cc}\n\r\t]/u.test(text);
}

function invalid(detail: string, pointer: string): Result<never> {
  return refuse('request_invalid', detail, { pointer });
}
