import assert from 'node:assert/strict';
import test from 'node:test';
import { readConfig } from '#src/config.ts';
import { startFailure } from '#src/start-failure.ts';

const said: readonly (readonly [
  code: string,
  syscall: string,
  path: string | null,
  says: RegExp,
])[] = [
  ['EADDRINUSE', 'listen', null, /^Another program listens at 127\.0\.0\.1:81\. .*WATCHWORD_PORT/],
  ['EACCES', 'listen', null, /^This user may not listen at 127\.0\.0\.1:81\. .*WATCHWORD_PORT/],
  ['EADDRNOTAVAIL', 'listen', null, /no address 127\.0\.0\.1\. .*WATCHWORD_HOST/],
  ['EACCES', 'open', '/folder/dev-keys', /^\/folder\/dev-keys cannot be used.*WATCHWORD_DATA/],
  ['EROFS', 'write', null, /^\/folder cannot be used \(EROFS\)\..*WATCHWORD_DATA/],
];

test('what the system refuses is told with the setting that it is about, and no other', () => {
  const config = readConfig({ WATCHWORD_DATA: '/folder', WATCHWORD_PORT: '81' }, 'tool');
  assert.ok(config.ok);
  for (const [code, syscall, path, says] of said) {
    const error = Object.assign(new Error('raw words'), { code, syscall, ...(path && { path }) });
    const sentence = startFailure(error, config.value);
    assert.match(sentence, says);
    assert.equal(sentence.match(/WATCHWORD_/g)?.length, 1);
  }
  assert.equal(startFailure(new Error('Our words.'), config.value), 'Our words.');
});
