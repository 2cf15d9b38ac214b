import { ok, type Result, refuse } from '#domain/refusal.ts';
import { type Filter, type FilterArguments, filters } from '#domain/template-filters.ts';
import {
  codeCharactersMax,
  type TemplateValues,
  transactionNames,
  valueCharactersMax,
} from '#domain/template-variables.ts';

/** A text as `parseText` read it. Made nowhere else, and looked into by nobody else. */
export interface ParsedText {
  readonly escapesHtml: boolean;
  readonly pieces: readonly Piece[];
}

export type Piece = string | PrintedCode | PrintedVariable | Condition;
export type PrintedCode = { readonly kind: 'code' };
export interface PrintedVariable {
  readonly kind: 'variable';
  readonly name: string;
  readonly filters: readonly AppliedFilter[];
}
export interface Condition {
  readonly kind: 'condition';
  readonly branches: readonly Branch[];
  readonly otherwise: readonly Piece[];
}
export interface Branch {
  readonly name: string;
  readonly wantsGiven: boolean;
  readonly pieces: readonly Piece[];
}

export interface AppliedFilter {
  readonly apply: Filter;
  readonly args: FilterArguments;
}

/** The final text. Refuses the first variable that the text needs and nobody gave. */
export function renderText(parsed: ParsedText, values: TemplateValues): Result<string> {
  const printed: string[] = [];
  const missing = print(parsed.pieces, values, parsed.escapesHtml, printed);
  if (missing === null) return ok(printed.join(''));
  if (transactionNames.has(missing)) {
    return refuse('variables_invalid', 'The text is one for payments. Give the transaction.', {
      pointer: '/transaction',
    });
  }
  if (missing === 'code') {
    return refuse('variables_invalid', 'The text shows a code. Give it, or use another template.', {
      pointer: '/code',
    });
  }
  if (missing === 'lifetimeMinutes') {
    return refuse('variables_invalid', 'The text tells how long a code works, and this has none.', {
      pointer: '/template',
    });
  }
  return refuse('variables_invalid', `The text needs the variable ${missing}. Give it a value.`, {
    pointer: `/variables/${missing}`,
  });
}

/** Every variable that the text prints or asks for under any condition, the service's own too. */
export function variableNames({ pieces }: ParsedText): readonly string[] {
  return namesIn(pieces);
}

/**
 * The text with the longest values it can meet, every branch of every condition included: longer
 * than anything that will be sent, so what fits now fits later.
 */
export function longestText(parsed: ParsedText): string {
  return longest(parsed.pieces, parsed.escapesHtml);
}

/**
 * Whether a person who pays reads whom and how much (PSD2 RTS Art. 5): amount and payee are
 * printed whole and under no condition, save one that asks for the transaction itself.
 */
export function showsTransaction(parsed: ParsedText): boolean {
  const shown = new Set(namesSurelyShown(parsed.pieces));
  return shown.has('amount') && shown.has('payee');
}

export function isCondition(piece: Piece): piece is Condition {
  return typeof piece !== 'string' && piece.kind === 'condition';
}

export function allPieces(condition: Condition): Piece[] {
  return [...condition.branches.flatMap((branch) => branch.pieces), ...condition.otherwise];
}

/** Appends to `printed`; returns the name of a variable that is missing, or null. */
function print(
  pieces: readonly Piece[],
  values: TemplateValues,
  escapeHtml: boolean,
  printed: string[],
): string | null {
  for (const piece of pieces) {
    if (typeof piece === 'string') {
      printed.push(piece);
    } else if (piece.kind === 'condition') {
      const branch = piece.branches.find(
        ({ name, wantsGiven }) => (given(values, name) !== undefined) === wantsGiven,
      );
      const missing = print(branch?.pieces ?? piece.otherwise, values, escapeHtml, printed);
      if (missing !== null) return missing;
    } else {
      const value =
        piece.kind === 'code'
          ? (values.code ?? undefined)
          : filtered(piece, given(values, piece.name));
      if (value === undefined) return piece.kind === 'code' ? 'code' : piece.name;
      printed.push(escapeHtml ? escaped(value) : value);
    }
  }
  return null;
}

// Only what the object itself holds is given: `constructor` is a name like any other.
function given({ variables }: TemplateValues, name: string): string | undefined {
  const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
  return value === '' ? undefined : value;
}

function filtered(variable: PrintedVariable, value: string | undefined): string | undefined {
  return variable.filters.reduce((before, { apply, args }) => apply(before, args), value);
}

function longest(pieces: readonly Piece[], escapeHtml: boolean): string {
  const texts = pieces.map((piece) => {
    if (typeof piece === 'string') return piece;
    if (piece.kind === 'condition') return longest(allPieces(piece), escapeHtml);
    if (piece.kind === 'code') return '0'.repeat(codeCharactersMax);
    const whole = filtered(piece, longestValues[piece.name] ?? longestValue) ?? '';
    const missing = filtered(piece, undefined) ?? '';
    const value = whole.length >= missing.length ? whole : missing;
    return escapeHtml ? escaped(value) : value;
  });
  return texts.join('');
}

// Letters of GSM-7: a text whose values are in another script is measured again when it is sent.
const longestValue = 'm'.repeat(valueCharactersMax);

// What the service fills is shorter than a caller's variable may be: a name of 40 letters, a day
// in minutes, a sum with twelve digits.
const longestValues: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  application: 'm'.repeat(40),
  lifetimeMinutes: '1440',
  amount: '0'.repeat(16),
  currency: 'EUR',
  payee: 'm'.repeat(70),
});

function namesIn(pieces: readonly Piece[]): string[] {
  return pieces.flatMap((piece) => {
    if (typeof piece === 'string' || piece.kind === 'code') return [];
    if (piece.kind === 'variable') return [piece.name];
    return [...piece.branches.map(({ name }) => name), ...namesIn(allPieces(piece))];
  });
}

function namesSurelyShown(pieces: readonly Piece[]): string[] {
  return pieces.flatMap((piece) => {
    if (typeof piece === 'string' || piece.kind === 'code') return [];
    if (piece.kind === 'variable') {
      const isWhole = piece.filters.every(({ apply }) => apply !== filters['truncate']);
      return isWhole ? [piece.name] : [];
    }
    const [first] = piece.branches;
    if (first === undefined || !transactionNames.has(first.name)) return [];
    // With a transaction its names are given: `if` takes the first branch, `unless` the next.
    if (first.wantsGiven) return namesSurelyShown(first.pieces);
    return piece.branches.length === 1 ? namesSurelyShown(piece.otherwise) : [];
  });
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(value: string): string {
  return value.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
