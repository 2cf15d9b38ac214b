import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const module = fileURLToPath(new URL('./log-lines.ts', import.meta.url));
const program = `
  const { gatherLines } = await import(process.argv[1]);
  const lines = gatherLines(1);
  process.stdin.once('data', () => {
    for (let line = 0; line < 20_000; line++) lines.write('line ' + line + '\\n');
    process.exit(7);
  });
`;

function startProgram() {
  return spawn(process.execPath, ['--input-type=module', '-e', program, module], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

test('what was gathered is written before the process ends', async () => {
  const child = startProgram();
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  child.stdin.write('go');
  assert.deepEqual(await once(child, 'close'), [7, null]);
  assert.equal(
    text
      .split('\n')
      .filter((line) => /^line \d+$/.test(line))
      .at(-1),
    'line 19999',
  );
});

test('a process whose reader has gone ends all the same', async () => {
  const child = startProgram();
  child.stdout.destroy();
  const exited = once(child, 'exit');
  child.stdin.write('go');
  assert.deepEqual(await exited, [7, null]);
});
