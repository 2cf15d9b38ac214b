/**
 * Texts of another system into our own language of templates, as they are imported.
 *
 * 1. What Thymeleaf prints becomes a placeholder: `${name}`, `[[${name}]]` and `[(${name})]` in a
 *    text (Thymeleaf 3.1, 12), and `th:text` or `th:utext` of an element. The second and the last
 *    print unescaped there; here every value is escaped in HTML, whoever wrote the template.
 * 2. `otpValue` becomes `{{code}}`. The other names that stand for the code here may be anything
 *    there, so they are refused. A path becomes one name: `${client.name}` is
 *    `client_name` and `${items[0].price}` is `items_0_price`, as the door of those templates names
 *    what it is given.
 * 3. `${name ?: 'x'}` becomes a default. Everything else that computes (conditions, loops,
 *    functions, fragments) is refused by its own words, all of it at once: a text that silently
 *    lost its condition would say something else.
 */
import { ok, type Result, refuse } from '#domain/refusal.ts';
import { codeNames, reservedNames, variableNamePattern } from '#domain/template-variables.ts';

/** What FlowX.AI's processes put the code under. */
const theirCode = 'otpValue';

/** More than a template's HTML may have, which is looked at when it is saved. */
const sourceCharactersMax = 200_000;

/** The same text with our placeholders; it may hold placeholders of ours already. */
export function fromThymeleaf(source: string): Result<string> {
  if (source.length > sourceCharactersMax) {
    return invalid(`The text is longer than ${sourceCharactersMax} characters.`);
  }
  const mistakes = new Set<string>();
  const placeholder = (expression: string): string => {
    const read = readExpression(expression);
    if (!read.ok) mistakes.add(read.error);
    return read.ok ? read.value : '';
  };
  const printed = withFilledElements(source.replace(/\sxmlns:th\s*=\s*(?:"[^"]*"|'[^']*')/gi, ''))
    .replace(/\[\[\s*\$\{([^{}]*)\}\s*\]\]/g, (_, expression) => placeholder(expression))
    .replace(/\[\(\s*\$\{([^{}]*)\}\s*\)\]/g, (_, expression) => placeholder(expression))
    .replace(/\$\{([^{}]*)\}/g, (_, expression) => placeholder(expression));
  for (const sentence of leftOver(printed)) mistakes.add(sentence);
  return mistakes.size === 0 ? ok(printed) : invalid(inOneText([...mistakes]));
}

const mistakesShownMax = 5;

function inOneText(mistakes: readonly string[]): string {
  const more = mistakes.length - mistakesShownMax;
  const shown = mistakes.slice(0, mistakesShownMax).join(' ');
  return more > 0 ? `${shown} And ${more} more.` : shown;
}

/** Attributes have letters of either case, and a second spelling for HTML (Thymeleaf 3.1, 3.1). */
const printing = /\s(?:data-)?th[:-]u?text\s*=\s*(["'])(\$\{[^{}]*\})\1/i;
const computing = [
  /(?<=[\s"'/])(?:data-)?th[:-][a-z-]+(?=\s*=)/i,
  /<\/?th:[a-z]+/i,
  /\[\[\s*[#@~*][^\]]*\]\]/,
  /\[\(\s*[#@~*]/,
  // What is printed and more, by what stands there after the placeholders were made.
  /\[[[(][^\])]*\{\{[^\])]*/,
  // A comment to everybody but Thymeleaf.
  /<!--\/\*\//,
];

/** What `th:text` of an element prints stands in the element, which has no other in it. */
function withFilledElements(source: string): string {
  const parts: string[] = [];
  let from = 0;
  for (const { 0: tag, 1: name, index } of source.matchAll(/<([a-zA-Z][a-zA-Z0-9]*)[^<>]*>/g)) {
    const [attribute, , value] = printing.exec(tag) ?? [];
    // What computes, or stands before other elements, stays and is refused by its words.
    if (attribute === undefined || value === undefined) continue;
    const content = index + tag.length;
    const end = source.indexOf('<', content);
    if (end < 0 || !source.startsWith(`</${name}>`, end)) continue;
    parts.push(source.slice(from, index), tag.replace(attribute, ''), value);
    from = end;
  }
  return parts.join('') + source.slice(from);
}

function readExpression(expression: string): Result<string, string> {
  const [path = '', otherwise, ...more] = expression.replaceAll('?.', '.').split('?:');
  const [, single, double] = literal.exec(otherwise ?? '') ?? [];
  const fallback = single ?? double;
  const isRead = more.length === 0 && (otherwise === undefined || fallback !== undefined);
  const name = isRead ? nameOf(path.trim()) : null;
  if (name === null) return { ok: false, error: notUnderstood(`\${${expression}}`) };
  if (name === theirCode) return ok('{{code}}');
  if (codeNames.has(name)) {
    return {
      ok: false,
      error:
        `"${name}" stands for the one-time code here. Write \${${theirCode}} if it is that, else ` +
        'give the variable another name, in the template and in the data.',
    };
  }
  if (reservedNames.has(name)) {
    return {
      ok: false,
      error:
        `"${name}" is a name that the service fills itself. Give the variable another one, in ` +
        'the template and in the data.',
    };
  }
  return ok(fallback === undefined ? `{{${name}}}` : `{{${name} | default: "${fallback}"}}`);
}

const literal = /^\s*(?:'([^'"{}]*)'|"([^'"{}]*)")\s*$/;

/** Null for what is no path of names and places. */
function nameOf(path: string): string | null {
  const steps = path.replace(/\[\s*(?:'([^'"[\]]*)'|"([^'"[\]]*)"|([0-9]+))\s*\]/g, '.$1$2$3');
  const name = steps.split('.').join('_');
  return variableNamePattern.test(name) && !steps.includes('..') ? name : null;
}

/** What is Thymeleaf's and was not understood. */
function leftOver(text: string): readonly string[] {
  const found = computing.flatMap((words) => words.exec(text)?.[0].trim() ?? []);
  const unclosed = /\$\{[^{}]{0,30}/.exec(text)?.[0];
  return [
    ...found.map((words) => (/text$/i.test(words) ? notFilled(words) : notUnderstood(words))),
    ...(unclosed === undefined ? [] : [notClosed(unclosed)]),
  ];
}

function notClosed(expression: string): string {
  const told = `"${inShort(expression)}" has no "}" of its own, or other braces in it.`;
  return `${told} Print a name alone.`;
}

function notFilled(attribute: string): string {
  return (
    `"${attribute}" is read where it prints one \${name}, in an element that is closed by a tag ` +
    'of its own and has no other in it. Write that one so, or print it in a text.'
  );
}

function notUnderstood(expression: string): string {
  return (
    `"${inShort(expression)}" computes something, and a template here only prints values. ` +
    'Write the result into the data, or make two templates.'
  );
}

function inShort(expression: string): string {
  return expression.length > 60 ? `${expression.slice(0, 60).toWellFormed()}…` : expression;
}

function invalid(detail: string): Result<never> {
  return refuse('template_invalid', detail);
}
