/** What is known of the vendor, row by row: shown by an exchange, or said not to be served. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { type Exchange, readExchanges } from '#compat/exchanges.fixture.ts';
import { responseCodes } from '#compat/verifynow/codes.ts';
import { sendPaths, tokenPath, validatePaths } from '#compat/verifynow/paths.ts';

const read = (file: string) => new URL(`./exchanges/${file}.json`, import.meta.url);
const steps = ['token', 'send', 'validate'].flatMap((file) => readExchanges(read(file)));
const rows = JSON.parse(readFileSync(read('rows'), 'utf8')) as {
  readonly served: readonly string[];
  readonly notServed: Readonly<Record<string, string>>;
};
const page = readFileSync(
  new URL('../../../../docs/reference/compat/verifynow.md', import.meta.url),
  'utf8',
);
const sectionOf = (title: string) => page.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? '';

const paths: Readonly<Record<string, readonly string[]>> = {
  token: [tokenPath],
  send: Object.values(sendPaths),
  validate: Object.values(validatePaths),
};

/** Whether an exchange has to do with what a row names; a row in words is taken at its word. */
function shows({ request, answer }: Exchange, row: string): boolean {
  const [kind = '', name = ''] = row.split(' ');
  const body = answer.body as Readonly<Record<string, unknown>>;
  const path = request.path.replace(/\/$/, '');
  switch (kind) {
    case 'code':
      return body['responseCode'] === Number(name);
    case 'status':
      return answer.status === Number(name);
    case 'field':
      return hasMember(body, name);
    case 'header':
      return Object.hasOwn(request.headers ?? {}, name);
    case 'call':
      return paths[name]?.includes(path) ?? answer.status === 404;
    case 'send':
    case 'validate':
    case 'token':
      return paths[kind]?.includes(path) === true;
    default:
      return true;
  }
}

function hasMember(body: unknown, name: string): boolean {
  const [first = '', ...rest] = name.split('.');
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, first)) return false;
  return rest.length === 0 || hasMember((body as Record<string, unknown>)[first], rest.join('.'));
}

/** Whether the call carries the parameter that a row is about, wherever it may stand. */
function gives({ request }: Exchange, parameter: string): boolean {
  return JSON.stringify([request.query, request.body]).includes(`"${parameter}"`);
}

describe('what is known of the vendor', () => {
  test('has an exchange for each row that is served, and no other', () => {
    const shown = new Set(steps.flatMap((step) => step.rows ?? []));
    assert.deepEqual([...shown].sort(), [...rows.served].sort());
    assert.equal(new Set(rows.served).size, rows.served.length);
  });

  test('and each exchange shows what its rows name', () => {
    for (const step of steps) {
      for (const row of step.rows ?? []) assert.ok(shows(step, row), `${step.name}: ${row}`);
    }
  });

  test('and a row about a parameter has an exchange that gives it', () => {
    const parameters = rows.served.flatMap((row) => {
      const [call, name = ''] = row.split(' ');
      return paths[call ?? ''] !== undefined && page.includes(`\`${name}\``) ? [[row, name]] : [];
    });
    assert.ok(parameters.length > 20, String(parameters.length));
    for (const [row = '', name = ''] of parameters) {
      const given = steps.some((step) => step.rows?.includes(row) && gives(step, name));
      assert.ok(given || row === 'send otpLength default', row);
    }
  });

  test('and every code that the façade answers is a row, and stands in the docs page', () => {
    for (const [name, code] of Object.entries(responseCodes)) {
      assert.ok(rows.served.includes(`code ${code}`), name);
      assert.ok(sectionOf('What a call came to').includes(`| ${code} | \`${name}\` |`), name);
    }
  });

  test('and the docs page says of the others that they are not served', () => {
    for (const [row, words] of Object.entries(rows.notServed)) {
      assert.ok(sectionOf('Not served').includes(words), row);
    }
  });

  test('and each exchange names where it is written down, or that it is our decision', () => {
    for (const step of steps) {
      assert.match(step.source, /^(Message Central, |public client code|our decision: )/);
      assert.ok((step.rows ?? []).length > 0, step.name);
    }
  });
});
