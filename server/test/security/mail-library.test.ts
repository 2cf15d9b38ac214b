import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';

/**
 * Our own parser lets through one plain address and nothing else; the mail library is the second
 * line, and a version with known holes is none (CVE-2026-125755: fixed in 10.4.1).
 */
const fixedSince = [10, 4, 1];

test('the mail library is a version without the known holes', () => {
  const manifest = createRequire(import.meta.url).resolve('nodemailer/package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  const parts = version.split('.').map(Number);
  const differs = fixedSince.findIndex((part, index) => parts[index] !== part);
  const isFixed = differs < 0 || (parts[differs] ?? 0) > (fixedSince[differs] ?? 0);
  assert.ok(isFixed, `nodemailer ${version} is older than ${fixedSince.join('.')}`);
});
