/** The words of an HTML text, for the part of an e-mail that every program can show. */

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  euro: '€',
  ndash: '–',
  mdash: '—',
  hellip: '…',
};

export function looksLikeHtml(text: string): boolean {
  return /<(?:!doctype|\/?[a-z][a-z0-9]*)[\s>/]/i.test(text);
}

/** One line for each block, without markup. Links lose their addresses. */
export function textOfHtml(html: string): string {
  return withoutUnread(html)
    .replace(/\s+/g, ' ')
    .replace(/<(?:br|hr)\b[^<>]*>|<\/(?:p|div|tr|li|table|h[1-6])\s*>/gi, '\n')
    .replace(/<[^<>]*>/g, '')
    .replace(/&(#x?[0-9a-f]{1,6}|[a-z]{2,8});/gi, (whole, name: string) => decoded(name) ?? whole)
    .split('\n')
    .map((line) => line.replace(/[ \u00a0]+/g, ' ').trim())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

const unread = /<!--|<(?:style|script|head|title)\b/gi;

/** Without comments and what no reader sees. One way through: a text cannot make it slow. */
function withoutUnread(html: string): string {
  const small = html.toLowerCase();
  const kept: string[] = [];
  let from = 0;
  for (const { 0: opening, index } of html.matchAll(unread)) {
    if (index < from) continue;
    const isComment = opening === '<!--';
    const closing = isComment ? '-->' : `</${opening.slice(1).toLowerCase()}`;
    const at = small.indexOf(closing, index);
    kept.push(html.slice(from, index));
    // What is not closed runs to the end, as in a browser; a closing tag goes with all tags.
    from = at < 0 ? html.length : at + (isComment ? closing.length : 0);
  }
  return kept.join('') + html.slice(from);
}

function decoded(name: string): string | undefined {
  const [, isHex, digits] = /^#(x?)([0-9a-f]+)$/i.exec(name) ?? [];
  if (digits === undefined) return entities[name.toLowerCase()];
  const code = Number.parseInt(digits, isHex === '' ? 10 : 16);
  const isCharacter = code >= 32 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return isCharacter ? String.fromCodePoint(code) : undefined;
}
