/** The page of security cases is true: every case is there once, and every test it names is too. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { repository, sourceFiles } from './source-files.ts';

/** The cases that there are; numbers that are left out were never given. */
const cases: Readonly<Record<string, readonly number[]>> = {
  G: [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 19, 20, 21],
  B: [1, 2, 3, 5, 7, 8, 9, 11, 12, 13, 14, 15],
  N: [1, 2, 4, 5, 7, 9, 10, 11, 12, 13, 14],
  I: [1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 13],
  L: [1, 2, 3, 5, 6, 8, 9, 10, 11, 12],
  C: [1, 2, 3, 4, 5, 7],
  D: [1, 2, 3, 4, 6, 7, 8, 10, 12],
  K: [1, 2, 3, 5, 6, 8, 9, 11],
  W: [1, 4, 5, 6, 8, 9, 10, 11, 12, 13],
  F: [1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 20],
  V: [1, 2, 3, 4, 5, 6, 7, 8, 9],
};

/** Public records of faults whose class a test of ours replays. */
const records = [
  ...['CVE-2026-110653', 'CVE-2026-107276', 'better-auth 8067', '11162', 'CVE-2026-105638'],
  ...['CVE-2026-33640', 'CVE-2026-62862', 'CVE-2025-64102', 'CVE-2026-8760', 'CVE-2026-111675'],
  ...['CVE-2026-56450', 'CVE-2026-84923', 'CVE-2026-12492', 'CVE-2026-56073', 'CVE-2026-25858'],
  ...['CVE-2021-23451', 'CVE-2021-43177', 'CVE-2026-82470', 'GHSA-vfph-hjfv-cpv2'],
  ...['GHSA-85v8-vx4w-q684', 'GHSA-c55g-q6f4-5qxr', 'CVE-2026-111934', 'CVE-2026-107271'],
  ...['CVE-2026-108162', 'CVE-2026-125755', 'CVE-2026-82661', 'CVE-2026-82854'],
  ...['CVE-2026-82853', 'GHSA-v53p-9fqp-m79j', 'CVE-2023-6484'],
];

interface Row {
  readonly id: string;
  readonly proof: string;
  readonly tests: readonly { readonly file: string; readonly name: string }[];
}

const page = readFileSync(join(repository, 'docs/internals/security-cases.md'), 'utf8');

/** Rows of the tables: a case, what must hold, and `file` “name”, “name” of its tests. */
const rows: readonly Row[] = page
  .split('\n')
  .filter((line) => /^\| (?!Case|Record|---)/.test(line))
  .map((line) => {
    const [, id = '', , proof = '', ...rest] = line.split(' | ').flatMap((cell, index) =>
      // The bars at both ends of the line are no part of a cell.
      index === 0 ? ['', cell.slice(2)] : [cell.replace(/ \|$/, '')],
    );
    assert.deepEqual(rest, [], `${id} has a cell too many`);
    return { id, proof, tests: testsIn(proof) };
  });

function testsIn(proof: string): Row['tests'] {
  let file = '';
  return [...proof.matchAll(/`([^`]+\.ts)`|“([^”]+)”/g)].flatMap(([, path, name]) => {
    if (path !== undefined) file = path;
    return name === undefined || file === '' ? [] : [{ file, name }];
  });
}

/** The names of the tests of a file, as they are written there. */
function namesIn(file: string): Set<string> {
  const path = join(repository, 'server', file);
  assert.ok(existsSync(path), `there is no ${file}`);
  const calls = /\b(?:test|it|promise|visit|realTest|race)\(\s*(['"`])((?:\\.|(?!\1)[\s\S])+?)\1,/g;
  const names = [...readFileSync(path, 'utf8').matchAll(calls)];
  return new Set(names.map(([, quote, name = '']) => name.replaceAll(`\\${quote}`, quote ?? '')));
}

test('every case is on the page once, and nothing else is', () => {
  const given = Object.entries(cases).flatMap(([group, numbers]) =>
    numbers.map((number) => `${group}-${String(number).padStart(2, '0')}`),
  );
  const listed = rows.map(({ id }) => id).filter((id) => /^[A-Z]-\d\d$/.test(id));
  assert.deepEqual(listed, given);
});

test('every fault that others had is on the page once', () => {
  const listed = rows.flatMap(({ id }) => (/^[A-Z]-\d\d$/.test(id) ? [] : id.split(', ')));
  assert.deepEqual(listed, records);
});

test('every case names a test or the reason why there is none', () => {
  for (const { id, proof, tests } of rows) {
    const isExcused = /^Not (yet|ours): \S+ \S+ \S+/.test(proof);
    assert.equal(tests.length === 0, isExcused, `${id}: ${proof}`);
  }
});

test('every test that the page names exists under that name in that file', () => {
  const named = rows.flatMap(({ id, tests }) => tests.map((one) => ({ id, ...one })));
  assert.ok(named.length > 100, 'the page is read');
  const missing = named.filter(({ file, name }) => !namesIn(file).has(name));
  assert.deepEqual(
    missing.map(({ id, file, name }) => `${id}: ${file}: ${name}`),
    [],
  );
});

test('every file of security tests is on the page', () => {
  const files = sourceFiles('server/test/security', ['.test.ts']);
  assert.ok(files.length > 0);
  for (const { path } of files) {
    const file = path.slice('server/'.length);
    assert.ok(
      rows.some(({ tests }) => tests.some((one) => one.file === file)),
      file,
    );
  }
});
