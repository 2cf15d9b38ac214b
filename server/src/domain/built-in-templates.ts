import { type PurposeWording, type Wording, wordings } from '#domain/built-in-wording.ts';
import type { Carriage } from '#domain/channels/channel.ts';
import { channels } from '#domain/channels/index.ts';
import type { Template, TemplateVariant } from '#domain/template.ts';

/**
 * The texts of an application that has none of its own: every channel in every language of
 * `built-in-wording.ts`. English stands first, so it answers for a language we do not have.
 * A new channel gets its texts from here by what it carries.
 */
export const builtInTemplates: {
  readonly plain: Template;
  /** Shows amount and payee; for a verification that is bound to a transaction. */
  readonly transaction: Template;
} = {
  plain: builtIn('built-in', (wording) => wording.plain),
  transaction: builtIn('built-in-payment', (wording) => wording.transaction),
};

export const builtInLanguages: readonly string[] = wordings.map((wording) => wording.language);

function builtIn(name: string, purposeOf: (wording: Wording) => PurposeWording): Template {
  const variants = Object.values(channels).flatMap((channel) =>
    wordings.map(
      (wording): TemplateVariant => ({
        channel: channel.name,
        language: wording.language,
        prefix: null,
        ...carried(channel.carries, wording, purposeOf(wording)),
      }),
    ),
  );
  return { name, state: 'approved', purposes: [], variants };
}

function carried(
  carries: Carriage,
  wording: Wording,
  purpose: PurposeWording,
): Pick<TemplateVariant, 'text' | 'subject' | 'html'> {
  switch (carries) {
    case 'text':
      return { text: shortText(wording, purpose), subject: null, html: null };
    case 'speech':
      return { text: purpose.speech, subject: null, html: null };
    case 'mail':
      return {
        text: mailText(wording, purpose),
        subject: purpose.subject,
        html: mailHtml(wording, purpose),
      };
    default:
      return carries satisfies never;
  }
}

/** As many sentences as one SMS part holds, the needed ones first. */
function shortText(wording: Wording, purpose: PurposeWording): string {
  const sentences =
    purpose === wording.plain
      ? [purpose.text, wording.validity, wording.secrecy]
      : [purpose.text, wording.validity];
  if (wording.alphabet === 'ucs2') sentences.pop();
  return sentences.join(' ');
}

function mailText(wording: Wording, purpose: PurposeWording): string {
  return [
    purpose.introduction,
    '{{code}}',
    `${wording.validity} ${wording.secrecy}`,
    `${purpose.ifUnexpected}\n`,
  ].join('\n\n');
}

// No picture, font, link or style sheet from elsewhere: nothing that a mail program would have to
// fetch, and nothing that tells anyone when the mail is read. Dark on white is 17:1 (WCAG 1.4.6).
function mailHtml(wording: Wording, purpose: PurposeWording): string {
  return `<!doctype html>
<html lang="${wording.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${purpose.subject}</title>
</head>
<body style="margin:0;padding:24px;background:#ffffff;color:#1a1a1a;font:16px/1.5 sans-serif">
<p style="margin:0 0 16px">${purpose.introduction}</p>
<p style="margin:0 0 16px;font-size:32px;font-weight:bold;letter-spacing:4px">{{code}}</p>
<p style="margin:0 0 16px">${wording.validity} ${wording.secrecy}</p>
<p style="margin:0">${purpose.ifUnexpected}</p>
</body>
</html>
`;
}
