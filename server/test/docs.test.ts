/** What the code has, the docs name, and the other way round. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import test from 'node:test';
import { errorTable } from '#api/errors.ts';
import { commands } from '#cli/commands.ts';
import { eventStatuses } from '#kafka/events/cloud-event.ts';
import { providerKinds } from '#providers/index.ts';
import { otherVariables, settingKeys, settings, variableOf } from '#src/config.ts';
import { repository, sourceFiles } from './source-files.ts';

function read(path: string): string {
  return readFileSync(join(repository, path), 'utf8');
}

/** Texts of the headings of a page at one depth, without the marks of code. */
function headings(page: string, depth: number): string[] {
  const mark = `${'#'.repeat(depth)} `;
  return withoutCode(page)
    .split('\n')
    .filter((line) => line.startsWith(mark))
    .map((line) => line.slice(mark.length).replaceAll('`', '').trim());
}

function withoutCode(page: string): string {
  return page.replace(/^```[\s\S]*?^```$/gm, '');
}

/** The text between a heading and the next of its depth. */
function section(page: string, heading: string): string {
  const start = page.indexOf(`\n## ${heading}\n`);
  assert.ok(start >= 0, `there is no heading "${heading}"`);
  const rest = page.slice(start + 1);
  const end = rest.indexOf('\n## ', 1);
  return end < 0 ? rest : rest.slice(0, end);
}

test('every setting has its heading, in the order of the table, and nothing else has', () => {
  const page = read('docs/reference/settings.md');
  assert.deepEqual(headings(page, 2), [...settingKeys.map(variableOf), ...otherVariables]);
});

test('the page says of every setting its key in the file, its purpose and its default', () => {
  const page = read('docs/reference/settings.md');
  for (const key of settingKeys) {
    const text = section(page, `\`${variableOf(key)}\``);
    const { purpose, default: preset } = settings[key];
    assert.ok(text.includes(`\`${key}\``), `${key}: the key in the file`);
    assert.ok(text.replaceAll('\n', ' ').includes(purpose), `${key}: "${purpose}"`);
    const isShown = typeof preset === 'string' || typeof preset === 'number';
    if (isShown) assert.ok(text.includes(`\`${preset}\``), `${key}: the default ${preset}`);
  }
});

test('every error code has its heading, with its status and what to do', () => {
  const page = read('docs/reference/errors.md');
  assert.deepEqual(headings(page, 2).sort(), Object.keys(errorTable).sort());
  for (const [code, { status, title, whatToDo }] of Object.entries(errorTable)) {
    const text = section(page, `\`${code}\``).replaceAll('\n', ' ');
    for (const part of [String(status), title, whatToDo]) {
      assert.ok(text.includes(part), `${code}: ${part}`);
    }
  }
});

test('every event has its heading', () => {
  assert.deepEqual(headings(read('docs/reference/events.md'), 2), Object.keys(eventStatuses));
});

test('every command has its heading, with its words and every option', () => {
  const page = read('docs/reference/command-line.md');
  assert.deepEqual(
    headings(page, 2),
    commands.map(({ name }) => `watchword ${name}`),
  );
  for (const { name, words, options } of commands) {
    const text = section(page, `\`watchword ${name}\``);
    for (const word of words) assert.ok(text.includes(`<${word}>`), `${name}: <${word}>`);
    for (const option of Object.keys(options)) {
      assert.ok(text.includes(`--${option}`), `${name}: --${option}`);
    }
  }
});

test('every kind of provider and every manifest is in the reference', () => {
  const page = read('docs/reference/providers.md');
  const manifests = sourceFiles('server/src/providers/http/manifests', ['.json']);
  assert.ok(manifests.length > 0);
  for (const kind of Object.keys(providerKinds)) {
    assert.ok(page.includes(`"kind": "${kind}"`), `an example of the kind ${kind}`);
  }
  for (const { name } of manifests) {
    const manifest = name.replace(/\.json$/, '');
    assert.ok(page.includes(`\`${manifest}\``), `the manifest ${manifest}`);
  }
});

test('the commands that the docs show exist', () => {
  const scripts = Object.keys(JSON.parse(read('package.json')).scripts);
  const names = commands.map(({ name }) => name);
  const npmOwn = new Set(['ci', 'ping', 'pack', 'install']);
  for (const { path, text } of [...pages(), { path: 'README.md', text: read('README.md') }]) {
    for (const [, run, word = ''] of text.matchAll(/(?:`|^)npm (run )?([a-z][a-z:-]*)/gm)) {
      const isKnown = scripts.includes(word) || (run === undefined && npmOwn.has(word));
      assert.ok(isKnown, `${path}: npm ${run ?? ''}${word}`);
    }
    for (const [, words = ''] of text.matchAll(/\b(?:npx|`|\$) ?watchword ([a-z][a-z -]*)/g)) {
      const isKnown = names.some((name) => `${words} `.startsWith(`${name} `));
      assert.ok(isKnown || words.startsWith('help'), `${path}: watchword ${words}`);
    }
  }
});

/** Every page of ours in Markdown. */
function pages() {
  return sourceFiles('.', ['.md']).filter(({ path }) => path !== 'README.md');
}

test('every link between files leads to a file, and to a heading of it', () => {
  for (const { path, text } of sourceFiles('.', ['.md'])) {
    for (const [, target = ''] of withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [file = '', anchor] = target.split('#');
      const found = file === '' ? path : posix.join(dirname(path), file);
      assert.ok(existsSync(join(repository, found)), `${path} links to ${target}`);
      if (anchor === undefined || !found.endsWith('.md')) continue;
      const anchors = [1, 2, 3, 4].flatMap((depth) => headings(read(found), depth)).map(anchorOf);
      assert.ok(anchors.includes(anchor), `${path} links to ${target}`);
    }
  }
});

/** The name that a heading gets on the web page: small letters, dashes for blanks. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

test('every page is linked from the index of the docs', () => {
  const index = read('docs/README.md');
  for (const { path } of sourceFiles('docs', ['.md'])) {
    const link = path.slice('docs/'.length);
    assert.ok(link === 'README.md' || index.includes(`(${link})`), `docs/README.md: ${link}`);
  }
});

test('the README has at most 120 lines', () => {
  assert.ok(read('README.md').trimEnd().split('\n').length <= 120);
});

test('JSON in the docs can be read', () => {
  for (const { path, text } of sourceFiles('.', ['.md'])) {
    for (const [, json = ''] of text.matchAll(/^```json\n([\s\S]*?)^```$/gm)) {
      assert.doesNotThrow(() => JSON.parse(json), `${path}: ${json.slice(0, 60)}`);
    }
  }
});
