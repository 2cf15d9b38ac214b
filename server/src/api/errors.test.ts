// That the page of errors agrees with the table is a test in `server/test/docs.test.ts`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApp, publicUrl } from '#api/app.fixture.ts';
import { errorCodes, errorTable, errorTypeUrl } from '#api/errors.ts';

for (const code of errorCodes) {
  const { title } = errorTable[code];

  test(`the type of ${code} leads to a page that explains it`, async () => {
    const { app } = openApp();
    const url = errorTypeUrl(publicUrl, code);
    const response = await app.inject(url.slice(publicUrl.length));
    assert.equal(response.statusCode, 200);
    assert.match(String(response.headers['content-type']), /^text\/html/);
    assert.ok(response.body.includes(title.replaceAll("'", '&#39;')));
  });
}

test('what may work later says when: 429 and 503 always, nothing below one second', () => {
  for (const code of errorCodes) {
    const { status, retryAfterSeconds } = errorTable[code];
    if (status === 429 || status === 503) assert.ok(retryAfterSeconds !== undefined, code);
    if (retryAfterSeconds !== undefined) assert.ok(retryAfterSeconds >= 1, code);
  }
});

test('a code that nobody knows has no page', async () => {
  const { app } = openApp();
  for (const code of ['nonsense', '__proto__', 'constructor', '<script>']) {
    const response = await app.inject(`/docs/errors/${encodeURIComponent(code)}`);
    assert.equal(response.statusCode, 404);
    assert.ok(!response.body.includes('<script>'));
  }
});
