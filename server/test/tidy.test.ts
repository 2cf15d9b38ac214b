/**
 * House rules that a text can be read for. Those that take a parser (function length, default
 * exports, non-null assertions, `any`, console, skipped tests) are rules of Biome: see biome.json.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { isTest, type SourceFile, sourceFiles } from './source-files.ts';

const linesMax = 400;
const columnsMax = 100;

/** Files above the bound, each with the reason why it is not split. */
const longFiles: Readonly<Record<string, string>> = {};

const everything = sourceFiles('.', [
  '.ts',
  '.mjs',
  '.js',
  '.sql',
  '.css',
  '.html',
  '.json',
  '.md',
]);
const code = everything.filter(
  ({ path }) => /\.(ts|mjs|js|sql|css)$/.test(path) && !path.includes('/exchanges/'),
);
const typescript = code.filter(({ path }) => path.endsWith('.ts'));

/** `path:line: text` of every line that is wrong. */
function wrongLines(files: readonly SourceFile[], isWrong: (line: string) => boolean): string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .map((line, index) => ({ line, place: `${path}:${index + 1}` }))
      .filter(({ line }) => isWrong(line))
      .map(({ line, place }) => `${place}: ${line.trim().slice(0, 80)}`),
  );
}

test('no line of code is longer than 100 columns', () => {
  // A character outside the basic plane is one column, not the two units that it is made of.
  assert.deepEqual(
    wrongLines(code, (line) => line.length > columnsMax && [...line].length > columnsMax),
    [],
  );
});

test('no file is longer than 400 lines without a reason, and no reason outlives its file', () => {
  const long = typescript
    .filter(({ text }) => text.split('\n').length - 1 > linesMax)
    .map(({ path }) => path);
  assert.deepEqual(long, Object.keys(longFiles).sort());
});

test('files and folders are named after things, in kebab-case', () => {
  const vague = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'manager', 'misc', 'lib']);
  const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/;
  const wrong = everything
    .filter(({ path }) => path.startsWith('server/') || path.startsWith('docs/'))
    .filter(({ path }) =>
      path.split('/').some((part) => {
        const stem = part.split('.')[0] ?? '';
        const isVague = vague.has(stem) || stem.split('-').some((word) => vague.has(word));
        return isVague || !(kebab.test(part) || part === 'README.md');
      }),
    );
  assert.deepEqual(
    wrong.map(({ path }) => path),
    [],
  );
});

test('no mark of unfinished work is left in the code', () => {
  // Spelled apart, so that this file does not find itself.
  const marks = ['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|');
  const mark = new RegExp(`\\b(${marks})\\b`);
  assert.deepEqual(
    wrongLines(code, (line) => mark.test(line)),
    [],
  );
});

test('no test is left out or singled out by an option; a reason is a text', () => {
  assert.deepEqual(
    wrongLines(typescript, (line) => /\b(skip|todo|only): *true\b/.test(line)),
    [],
  );
});

test('nothing random comes from Math.random, and no type check is switched off', () => {
  const program = typescript.filter(({ path }) => !isTest(path));
  assert.deepEqual(
    wrongLines(program, (line) => /\bMath\.random\(/.test(line)),
    [],
  );
  const off = new RegExp(`@ts-${'ignore'}|@ts-${'nocheck'}`);
  assert.deepEqual(
    wrongLines(program, (line) => off.test(line)),
    [],
  );
});

test('a suppressed lint rule carries its reason', () => {
  const bare = /^\s*(?:\/\/|\/\*+|<!--) biome-ignore(?!\S* \S+: \w.{9,})/;
  assert.deepEqual(
    wrongLines(code, (line) => bare.test(line)),
    [],
  );
});

test('no file names a path of one machine or the host of a package registry', () => {
  const machine = /(?:^|[\s"'`(=])\/(?:home|root|Users|work)\//;
  const registry = /\b(?:registry\.npmjs|npmjs\.com|pypi\.org|deb\.debian|crates\.io|maven\.org)/;
  const files = everything.filter(({ path }) => path !== 'server/test/tidy.test.ts');
  assert.deepEqual(
    wrongLines(files, (line) => machine.test(line) || registry.test(line)),
    [],
  );
});

test('every test of a file has a name of its own, and a name that says something', () => {
  const named = /^\s*(?:await )?(?:t\.)?(?:test|it)\(\s*(['"`])((?:\\.|(?!\1).)+)\1/gm;
  for (const { path, text } of typescript.filter(({ name }) => name.endsWith('.test.ts'))) {
    const names = [...text.matchAll(named)].map((match) => match[2] ?? '');
    assert.equal(new Set(names).size, names.length, `${path} names two tests alike`);
    for (const name of names) {
      const isTold = name.includes('${') || name.split(' ').length >= 3;
      assert.ok(isTold, `${path}: "${name}" promises nothing`);
    }
  }
});

test('text files end with one line break and hold no blanks at ends of lines', () => {
  const files = everything.filter(({ path }) => !path.includes('/exchanges/'));
  const wrong = files.filter(({ text }) => text !== '' && !/[^\n]\n$/.test(text));
  assert.deepEqual(
    wrong.map(({ path }) => path),
    [],
  );
  assert.deepEqual(
    wrongLines(files, (line) => /[ \t\r]$/.test(line)),
    [],
  );
});
