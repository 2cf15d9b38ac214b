import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createEgress } from '../egress/egress.ts';
import { createProviders } from '../index.ts';
import { manifestSchema } from './manifest.ts';
import { messageFields } from './template.ts';

/** What docs/guides/add-a-gateway.md promises, kept true. */
const guide = readFileSync(
  new URL('../../../../docs/guides/add-a-gateway.md', import.meta.url),
  'utf8',
);

test('the guide to manifests shows one that works', async () => {
  const example: unknown = JSON.parse(/^```json\n([\s\S]*?)^```$/m.exec(guide)?.[1] ?? '');
  assert.ok(Array.isArray(example));
  const made = createProviders(example, {
    egress: createEgress({ allow: [] }),
    environment: { WATCHWORD_SECRET_ACME: 'a-key-for-tests' },
  });
  assert.ok(made.ok, made.ok ? '' : made.error.join('\n'));
  assert.equal(made.value.length, 1);
  await made.value[0]?.close();
});

test('the guide explains every key of a manifest and every name in a template', () => {
  for (const name of [...Object.keys(manifestSchema.properties), ...Object.keys(messageFields)]) {
    assert.ok(guide.includes(`\`${name}\``), name);
  }
});
