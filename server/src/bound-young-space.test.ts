import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const program = `
  import { getHeapSpaceStatistics } from 'node:v8';
  import { boundYoungSpace } from '${new URL('./bound-young-space.ts', import.meta.url)}';
  if (process.argv.at(-1) === 'bounded') boundYoungSpace(8 * 1024 * 1024);
  let most = 0;
  for (let round = 0; round < 60; round++) {
    let kept = [];
    for (let at = 0; at < 50_000; at++) kept.push({ at, round: [round] });
    await new Promise(setImmediate);
    most = Math.max(most, getHeapSpaceStatistics()[1].space_size);
  }
  console.log(getHeapSpaceStatistics()[1].space_name, most);
`;

/** The most that the young space of a process had, in bytes. The flag is of a whole process. */
function mostYoungBytes(...words: readonly string[]): number {
  const args = ['--input-type=module', '--eval', program, '--', ...words];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const [name, bytes] = stdout.trim().split(' ');
  assert.equal(name, 'new_space', stderr);
  return Number(bytes);
}

test('the space of young objects stops growing at its bound', () => {
  const free = mostYoungBytes();
  const bounded = mostYoungBytes('bounded');
  // It doubles, and may once more before anybody looks.
  assert.ok(bounded <= 4 * 8 * 1024 * 1024 && bounded < free, `${bounded} and ${free}`);
});
