import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { readCaFile } from './ca-file.ts';

const damaged = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

for (const { what, content } of [
  { what: 'that is not there', content: null },
  { what: 'that is empty', content: '' },
  { what: 'that was damaged', content: damaged },
]) {
  test(`a file of the authority ${what} is told as what it is`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'ca-file-'));
    const file = join(folder, 'ca.pem');
    try {
      if (content !== null) writeFileSync(file, content);
      assert.throws(() => readCaFile(file), {
        name: 'KafkaTrouble',
        message: new RegExp(`WATCHWORD_KAFKA_CA_FILE names ${file}.* Correct the path`),
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
