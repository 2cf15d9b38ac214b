import { IfTag, Liquid, LiquidError, Output, TypeGuards, UnlessTag, type Value } from 'liquidjs';
import { ok, type Refusal, type Result, refuse } from '#domain/refusal.ts';
import { filters } from '#domain/template-filters.ts';
import {
  type AppliedFilter,
  allPieces,
  isCondition,
  type ParsedText,
  type Piece,
  type PrintedCode,
  type PrintedVariable,
} from '#domain/template-text.ts';
import { codeNames, variableNamePattern } from '#domain/template-variables.ts';

/**
 * The language of templates: Liquid with everything taken out that a one-time code does not need.
 *
 * 1. `{{ name }}` prints a variable; `${name}` is read as the same. A name that is not given is a
 *    refusal, unless `default: "…"` says what to print instead. An empty value counts as not given.
 * 2. Filters: upcase, downcase, capitalize, truncate, default, escape, with literal arguments.
 * 3. `{% if name %}`, `{% unless name %}`, `{% else %}` ask whether a variable is given. There is
 *    no other tag, no comparison and no property access.
 * 4. The code stands exactly once (in a text of a request's own more often, where the application
 *    allows it), outside of every condition and without a filter, so nothing a
 *    caller sends can drop, double or cut it.
 * 5. Values are data. Liquid only parses: the tree is turned into pieces here and printed here, so
 *    what a value holds is never looked at as a template. Measured, printing a code's text takes
 *    0.2 µs here and 5 µs in Liquid, whose scopes also answer to names nobody gave, like `size`.
 * 6. In HTML every value is escaped, and stands between tags, never inside of one: no value can
 *    become an attribute or a link.
 */
export interface ParseOptions {
  readonly escapeHtml: boolean;
  /**
   * How often the code must stand in the text: `once` by default; at most once for a subject; once
   * or more where that was allowed.
   */
  readonly code?: 'once' | 'optional' | 'repeated';
}

export type CodeRule = NonNullable<ParseOptions['code']>;
type LiquidTemplate = ReturnType<Liquid['parse']>[number];

const sourceCharactersMax = 50_000;
// Bounds the depth of nesting too, and with it the stack of Liquid's parser and of the walks here.
const placeholdersMax = 100;
// Brackets within one placeholder nest on the parser's stack as well.
const placeholderCharactersMax = 500;
const filtersMax = 5;
const liquid = createParser();

/** A template's text, ready to be rendered many times; a refusal names the place that is wrong. */
export function parseText(source: string, options: ParseOptions): Result<ParsedText> {
  if (source.length > sourceCharactersMax) {
    return invalid(`The text is longer than ${sourceCharactersMax} characters.`);
  }
  if (/[^\P{Cc}\t\n\r]/u.test(source) || !source.isWellFormed()) {
    return invalid('The text holds a control character. Remove it.');
  }
  if (countPlaceholders(source) > placeholdersMax) {
    return invalid(`The text has more than ${placeholdersMax} placeholders and conditions.`);
  }
  if (hasLongPlaceholder(source)) {
    return invalid(`A placeholder is not closed within ${placeholderCharactersMax} characters.`);
  }
  let pieces: readonly Piece[];
  try {
    pieces = readPieces(liquid.parse(asLiquid(source)));
  } catch (error) {
    if (error instanceof NotAllowed) return invalid(error.message);
    if (LiquidError.is(error)) return invalid(`The text cannot be read: ${shortened(error)}.`);
    throw error;
  }
  const broken = brokenCodeRule(pieces, options.code ?? 'once');
  if (broken !== null) return invalid(broken);
  if (options.escapeHtml && !standBetweenTags(pieces)) {
    return invalid('In HTML a placeholder stands between tags, never inside of one.');
  }
  return ok({ escapesHtml: options.escapeHtml, pieces });
}

function invalid(detail: string): { readonly ok: false; readonly error: Refusal } {
  return refuse('template_invalid', detail);
}

/** Thrown and caught in this file only: a construct of Liquid that is not part of the subset. */
class NotAllowed extends Error {}

function createParser(): Liquid {
  // An empty in-memory set of templates takes the file system out of reach.
  const parser = new Liquid({
    strictFilters: true,
    templates: {},
    parseLimit: 2 * sourceCharactersMax,
  });
  for (const name of Object.keys(parser.tags)) {
    if (name !== 'if' && name !== 'unless') delete parser.tags[name];
  }
  for (const name of Object.keys(parser.filters)) parser.unregisterFilter(name);
  // Only the names matter to the parser: what a filter does is in its table.
  for (const name of Object.keys(filters)) parser.registerFilter(name, (value: unknown) => value);
  return parser;
}

function countPlaceholders(source: string): number {
  return source.match(/\{\{|\{%|\$\{/g)?.length ?? 0;
}

function hasLongPlaceholder(source: string): boolean {
  for (const { 0: opening, index } of source.matchAll(/\{\{|\{%/g)) {
    const closing = opening === '{{' ? '}}' : '%}';
    if (!source.slice(index, index + placeholderCharactersMax).includes(closing)) return true;
  }
  return false;
}

function asLiquid(source: string): string {
  return source.replace(/\$\{\s*([A-Za-z][A-Za-z0-9_]*)\s*\}/g, '{{$1}}');
}

// Liquid's message quotes the template around the mistake; a line of it says enough.
function shortened(error: Error): string {
  const line = error.message.replace(/\s+/g, ' ');
  return line.length > 120 ? `${line.slice(0, 120).toWellFormed()}…` : line;
}

function readPieces(templates: readonly LiquidTemplate[]): Piece[] {
  return templates.map((template): Piece => {
    if (template instanceof Output) return readOutput(template.value);
    if (template instanceof IfTag) {
      return {
        kind: 'condition',
        branches: template.branches.map((branch) => ({
          name: readCondition(branch.value),
          wantsGiven: true,
          pieces: readPieces(branch.templates),
        })),
        otherwise: readPieces(template.elseTemplates ?? []),
      };
    }
    if (template instanceof UnlessTag) {
      return {
        kind: 'condition',
        branches: template.branches.map((branch, index) => ({
          name: readCondition(branch.value),
          // Of an `unless` only the first branch is turned around; its `elsif`s are plain.
          wantsGiven: index > 0,
          pieces: readPieces(branch.templates),
        })),
        otherwise: readPieces(template.elseTemplates),
      };
    }
    if (TypeGuards.isHTMLToken(template.token)) return template.token.getContent();
    throw new Error('The parser knows a tag that the reader does not.');
  });
}

function readOutput(value: Value): PrintedCode | PrintedVariable {
  const name = readName(value);
  if (name === null) {
    throw new NotAllowed(
      'A placeholder holds one variable’s name, like {{ name }}, and filters with fixed values.',
    );
  }
  if (codeNames.has(name)) {
    if (value.filters.length > 0) throw new NotAllowed('The code is printed without filters.');
    return { kind: 'code' };
  }
  if (value.filters.length > filtersMax) {
    throw new NotAllowed(`A placeholder has at most ${filtersMax} filters.`);
  }
  return { kind: 'variable', name, filters: value.filters.map(readFilter) };
}

function readFilter(filter: Value['filters'][number]): AppliedFilter {
  const apply = filters[filter.name];
  if (apply === undefined) throw new Error('The parser knows a filter that the table does not.');
  const args = filter.args.map((arg) => {
    if (Array.isArray(arg)) throw new NotAllowed('A filter takes no named values.');
    if (TypeGuards.isQuotedToken(arg) || TypeGuards.isNumberToken(arg)) return arg.content;
    throw new NotAllowed('A filter takes a number or a quoted text, not another variable.');
  });
  if (args.length > 2) throw new NotAllowed('A filter takes at most two values.');
  return { apply, args };
}

function readCondition(value: Value): string {
  const name = readName(value);
  if (name === null || value.filters.length > 0) {
    throw new NotAllowed('A condition is one variable’s name, like {% if name %}.');
  }
  if (codeNames.has(name)) throw new NotAllowed('A condition cannot ask for the code.');
  return name;
}

/** The name, if the expression is a variable and nothing else. */
function readName(value: Value): string | null {
  const [token, ...rest] = value.initial.postfix;
  if (rest.length > 0 || !TypeGuards.isPropertyAccessToken(token)) return null;
  const [property, ...deeper] = token.props;
  if (token.variable !== undefined || property === undefined || deeper.length > 0) return null;
  const name = token.getText();
  return variableNamePattern.test(name) ? name : null;
}

function brokenCodeRule(pieces: readonly Piece[], rule: CodeRule): string | null {
  const isHidden = pieces.some((piece) => isCondition(piece) && mentionsCode(allPieces(piece)));
  if (isHidden) return 'The code stands outside of every condition.';
  const count = pieces.filter((piece) => typeof piece !== 'string' && piece.kind === 'code').length;
  if (count === 0 && rule !== 'optional') {
    return 'The text does not hold the code. Write {{code}} where it belongs.';
  }
  if (count > 1 && rule !== 'repeated') return 'The text holds the code more than once.';
  return null;
}

function mentionsCode(pieces: readonly Piece[]): boolean {
  return pieces.some((piece) =>
    isCondition(piece)
      ? mentionsCode(allPieces(piece))
      : typeof piece !== 'string' && piece.kind === 'code',
  );
}

/** True if no placeholder and no condition stands after a `<` that is still open. */
function standBetweenTags(pieces: readonly Piece[]): boolean {
  let isInsideTag = false;
  for (const piece of pieces) {
    if (typeof piece === 'string') {
      const opened = piece.lastIndexOf('<');
      const closed = piece.lastIndexOf('>');
      if (opened !== closed) isInsideTag = opened > closed;
    } else if (isInsideTag) return false;
    else if (isCondition(piece)) {
      const branches = [...piece.branches.map((branch) => branch.pieces), piece.otherwise];
      if (!branches.every((branch) => closesItsTags(branch))) return false;
    }
  }
  return true;
}

function closesItsTags(pieces: readonly Piece[]): boolean {
  // A marker at the end fails where a branch leaves a tag open behind it.
  return standBetweenTags([...pieces, { kind: 'code' }]);
}
