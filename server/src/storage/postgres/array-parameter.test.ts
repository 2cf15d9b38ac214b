import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Client } from 'pg';
import { arrayParameter, type ElementType } from '#storage/postgres/array-parameter.ts';
import { openConnections } from '#storage/postgres/connection.ts';
import { onPostgres } from '#storage/postgres/postgres.fixture.ts';

const { test } = onPostgres();

/** Of every form that could end an element early, or be taken for another value. */
const hostile = [
  '',
  'NULL',
  'null',
  '"',
  '\\',
  '\\"',
  '{}',
  '{"a",b}',
  ',',
  ' ',
  '\n',
  "'; --",
  '€𝄞',
  '\u0001',
];

/** What PostgreSQL reads an array as, written out by itself as JSON. */
async function readBack(client: Client, type: ElementType, values: readonly unknown[]) {
  const parameter = arrayParameter(type, values as Parameters<typeof arrayParameter>[1]);
  const { rows } = await client.query<{ json: string }>(
    `SELECT coalesce(json_agg(value ORDER BY number), '[]')::text AS json
     FROM unnest($1::${type}[]) WITH ORDINALITY AS n(value, number)`,
    [parameter],
  );
  return JSON.parse(rows[0]?.json ?? '') as unknown[];
}

test('every array arrives as it was sent', async ({ url }) => {
  const client = await (await openConnections(url)).connect();
  const text = fc.string({ unit: 'grapheme' }).filter((one) => !one.includes('\0'));
  const elements: Record<ElementType, fc.Arbitrary<string | number | boolean>> = {
    text: fc.oneof(fc.constantFrom(...hostile), text),
    boolean: fc.boolean(),
    smallint: fc.integer({ min: -32_768, max: 32_767 }),
    integer: fc.integer(),
    bigint: fc.maxSafeInteger(),
    'double precision': fc.integer({ min: -1e9, max: 1e9 }).map((whole) => whole / 64),
  };
  try {
    for (const [type, element] of Object.entries(elements) as [
      ElementType,
      fc.Arbitrary<string>,
    ][]) {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.option(element), { maxLength: 12 }), async (values) => {
          assert.deepEqual(await readBack(client, type, values), values, type);
        }),
        { numRuns: 60 },
      );
    }
    assert.deepEqual(await readBack(client, 'text', hostile), hostile);
  } finally {
    await client.end();
  }
});

test('a text with U+0000 is refused by the database, not by a crash', async ({ url }) => {
  const client = await (await openConnections(url)).connect();
  try {
    await assert.rejects(readBack(client, 'text', ['a\0b']), { code: '22021' });
    assert.deepEqual(await readBack(client, 'text', ['after']), ['after']);
  } finally {
    await client.end();
  }
});
