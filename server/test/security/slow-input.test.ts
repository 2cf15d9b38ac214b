import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkAutofill } from '#domain/autofill.ts';
import { readGuess } from '#domain/code.ts';
import { headOf } from '#domain/id.ts';
import { addressRange } from '#domain/limits.ts';
import { parseMoney } from '#domain/money.ts';
import { parseRecipient } from '#domain/recipient.ts';
import { countSegments } from '#domain/segments.ts';
import { checkSender } from '#domain/sender.ts';
import { checkTemplate } from '#domain/template.ts';
import { checkVariables } from '#domain/template-variables.ts';
import { parseKeyRing } from '#service/key-ring.ts';
import { isTest, repository, sourceFiles } from '../source-files.ts';

/**
 * Input that makes careless readers slow (security.md, D-02 and D-03): every regular expression of
 * the program and every reader meets long runs of what it looks for, with an end that fails it.
 */
const bodyCharactersMax = 16_384;

/** What runs are made of: each a thing that some pattern repeats. */
const pumps = [
  ...['a', 'A', '0', ' ', '\t', '-', '.', '@', ':', '/', '%', '{', '}', '<', '>', '"', "'", '\\'],
  ...['+', '(', ')', ',', ';', '=', '&', '#', '_', '\n', '\u00a0', '٠', '😀', 'a.', 'a-', '0:'],
  ...['{{', '}}', '${', '{%', '%}', '<a ', 'a@', '.a', '::', ', ', '\\"', 'http://', '{{a}}'],
];
const heads = ['', '+', 'a@', '{{'];
const tails = ['', '\0'];

function runs(length: number): string[] {
  return pumps.flatMap((pump) => {
    const run = pump.repeat(Math.ceil(length / pump.length)).slice(0, length);
    return heads.flatMap((head) => tails.map((tail) => `${head}${run}${tail}`));
  });
}

/** Milliseconds of the quicker of two tries: whatever else the machine did, it did once. */
function quickestMs(step: () => unknown): number {
  let quickest = Number.POSITIVE_INFINITY;
  for (let time = 0; time < 2; time++) {
    const begunMs = performance.now();
    step();
    quickest = Math.min(quickest, performance.now() - begunMs);
    if (quickest < 1) break;
  }
  return quickest;
}

/** Regular expressions as they stand in a source file, with what they may stand after. */
const literal = new RegExp(
  [
    /(?<=(?:[=(,:!&|?[]|\breturn|=>)\s*)/,
    /\/(?![/*])((?:\\.|\[(?:\\.|[^\]\n\\])*\]|[^/\\\n[])+)\//,
    /([dgimsuvy]*)(?=[.,;)\]\s])/,
  ]
    .map(({ source }) => source)
    .join(''),
  'g',
);

interface Found {
  readonly place: string;
  readonly pattern: RegExp;
}

function patternsOfProgram(): Found[] {
  const files = sourceFiles('server/src', ['.ts', '.js']).filter(({ path }) => !isTest(path));
  return files.flatMap(({ path, text }) => {
    const code = text.replace(/^\s*(\/\/|\*|\/\*).*$/gm, '');
    return [...code.matchAll(literal)].map(([whole, source = '', flags]) => ({
      place: `${path}: ${whole}`,
      pattern: new RegExp(source, flags),
    }));
  });
}

/** What Ajv matches before any code of ours sees a field. */
function patternsOfDescription(): Found[] {
  const document = readFileSync(join(repository, 'server/openapi.json'), 'utf8');
  const sources = new Set<string>();
  JSON.parse(document, (name, value) => {
    if (name === 'pattern' && typeof value === 'string') sources.add(value);
    return value;
  });
  return [...sources].map((source) => ({
    place: `openapi.json: ${source}`,
    pattern: new RegExp(source, 'u'),
  }));
}

/** Slow where the text is long, and never given one: what bounds it. */
const bounded: Readonly<Record<string, string>> = {
  'server/src/api/phone/page/code-detection.js: /[^\\s@]{1,64}@\\S{1,255}/g': 'by its own counts',
  'server/src/cli/call-server.ts: /\\/+$/': 'an option that the operator gives',
  'server/src/setting-readers.ts: /\\/+$/': 'a setting that the operator gives',
  'server/src/domain/money.ts: /0+$/': 'six digits of a number that was read',
};

function worstMs(pattern: RegExp, texts: readonly string[]): number {
  return Math.max(...texts.map((text) => quickestMs(() => text.search(pattern))));
}

test('no regular expression of the program takes longer than a moment for a whole body', () => {
  const found = [...patternsOfProgram(), ...patternsOfDescription()];
  assert.ok(found.length > 100, `only ${found.length} were found`);
  // A pattern that takes the square of the length takes a 64th for an eighth of a body: the few
  // that are not so quick are tried with all of it.
  const part = runs(bodyCharactersMax / 8);
  const whole = runs(bodyCharactersMax);
  const slow = found
    .filter(({ pattern }) => worstMs(pattern, part) > 0.2)
    .filter(({ pattern }) => worstMs(pattern, whole) > 20)
    .map(({ place }) => place);
  assert.deepEqual(
    slow.filter((place) => !(place in bounded)),
    [],
  );
});

test('the search sees a pattern that is slow', () => {
  // Exponential ones at a size that ends; the last one takes the square of the length.
  for (const [pattern, length] of [
    [/^(a+)+$/, 22],
    [/^(0|00)+$/, 30],
    [/^(\.|\.\.)*-$/, 30],
    [/0+$/, bodyCharactersMax],
  ] as const) {
    assert.ok(worstMs(pattern, runs(length)) > 5, String(pattern));
  }
});

const readers: readonly (readonly [
  name: string,
  length: number,
  read: (text: string) => unknown,
])[] = [
  ['a recipient', bodyCharactersMax, (text) => parseRecipient(text, { country: 'US' })],
  ['a recipient just short enough', 319, (text) => parseRecipient(text)],
  ['a number just short enough', 63, (text) => parseRecipient(text, { country: 'DE' })],
  ['an address just short enough', 60, (text) => parseRecipient(`${text}@example.com`)],
  ['a guess', 16, readGuess],
  ['an id', 512, (text) => headOf(text, 'vf')],
  ['a client address', 64, addressRange],
  ['an amount', 64, (text) => parseMoney({ amount: text, currency: 'USD' }, '/amount')],
  ['a sender', 64, (text) => checkSender(text, 'sms')],
  ['a web origin', 300, (text) => checkAutofill({ webOrigin: text })],
  ['a variable', 200, (text) => checkVariables({ name: text })],
  ['a key ring', bodyCharactersMax, parseKeyRing],
  ['a text to count', 2_000, countSegments],
  ['a template', 2_000, (text) => checkVariant({ text })],
  ['a page of HTML', 50_000, (text) => checkVariant({ html: text })],
];

function checkVariant(parts: { text?: string; html?: string }) {
  const variant = {
    channel: 'email',
    language: 'en',
    prefix: null,
    subject: null,
    text: parts.text ?? '{{code}}',
    html: parts.html ?? null,
  } as const;
  return checkTemplate({ name: 'x', state: 'draft', purposes: [], variants: [variant] });
}

for (const [name, length, read] of readers) {
  test(`${name} is read in no time, whatever it is made of`, () => {
    for (const text of runs(length)) {
      const tookMs = quickestMs(() => read(text));
      assert.ok(tookMs < 50, `${tookMs.toFixed(0)} ms for ${JSON.stringify(text.slice(0, 20))}…`);
    }
  });
}
