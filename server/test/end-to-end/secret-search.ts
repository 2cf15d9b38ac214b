import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Everything that a server kept, printed or answered, to be searched for what nobody may find. */
export interface Searched {
  readonly name: string;
  readonly bytes: Buffer;
}

/** A secret as it could stand in a file: plain, in hexadecimal, UTF-16, base64 at each offset. */
function spellings(secret: string): Buffer[] {
  const plain = Buffer.from(secret);
  const encoded = [0, 1, 2].map((offset) => {
    const shifted = Buffer.concat([Buffer.alloc(offset), plain]).toString('base64');
    const firstWhole = Math.ceil((offset * 8) / 6);
    const lastWhole = Math.floor(((offset + plain.length) * 8) / 6);
    return Buffer.from(shifted.slice(firstWhole, lastWhole));
  });
  return [plain, Buffer.from(plain.toString('hex')), Buffer.from(secret, 'utf16le'), ...encoded];
}

export function filesIn(folder: string): Searched[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((name) => ({ name, bytes: readFileSync(name) }));
}

/** Fails on the first secret that stands anywhere, in any spelling. */
export function assertHidden(secrets: Iterable<string>, searched: readonly Searched[]): void {
  for (const secret of secrets) {
    for (const spelling of spellings(secret)) {
      const found = searched.find(({ bytes }) => bytes.includes(spelling));
      assert.equal(found?.name, undefined, `${secret} stands in ${found?.name}`);
    }
  }
}
