import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findKafka } from '../parts/kafka-jars.ts';
import { partOrSkip } from '../parts/part.ts';

const example = fileURLToPath(new URL('../run-kafka-example.ts', import.meta.url));

test('the example of the guide goes from the command to the verdict', async (t) => {
  if (partOrSkip(t, findKafka()) === null) return;
  const { stdout } = await promisify(execFile)(process.execPath, [example]);
  assert.match(stdout, /"otpSent":true,"error":null\}/);
  assert.match(stdout, /\n {2}Your code is \d{4}\./);
  assert.match(stdout, /"channel":"MAIL","otpValid":true\}\n$/);
});
