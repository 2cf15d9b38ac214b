/** HTML that is safe to send: made by `html` only, so every text in it was escaped. */
export interface Markup {
  readonly markup: string;
}

type Part = Markup | string | number | null | readonly Part[];

/** A template whose parts are escaped unless they are markup already; null leaves nothing. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let markup = texts[0] ?? '';
  for (const [index, part] of parts.entries()) markup += written(part) + (texts[index + 1] ?? '');
  return { markup };
}

/** A sentence in which `backticks` mark code. */
export function prose(text: string): Markup {
  const pieces = text.split('`');
  return html`${pieces.map((piece, index) =>
    index % 2 === 1 ? html`<code>${piece}</code>` : piece,
  )}`;
}

function written(part: Part): string {
  if (part === null) return '';
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return escapeText(part);
  return 'markup' in part ? part.markup : part.map(written).join('');
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character] ?? character);
}
