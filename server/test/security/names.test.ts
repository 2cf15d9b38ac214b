import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type OpenedService, openService, refusalOf } from '#service/service.fixture.ts';

/** Names that would write a line of their own into a message (security.md, I-02). */
let opened: OpenedService;
before(async () => {
  opened = await openService();
});
after(() => opened.end());

const names = [
  'Shop\r\nBcc: x@example.com',
  'Shop\nX',
  'Shop\u0000',
  'Shop\u0085X',
  'Shop\u2028X',
  'Shop\u2029X',
  'Shop\u202epohS',
  'Sh\u200bop',
  'Shop\u001b[31m',
  '',
  ' \t ',
  'S'.repeat(41),
];

/** With signs that nobody sees spelled out. */
function shown(text: string): string {
  return text.replace(/[^ -~]/gu, (sign) => `<${sign.codePointAt(0)?.toString(16)}>`);
}

for (const name of names) {
  test(`an application is not called "${shown(name)}"`, async () => {
    const refusal = refusalOf(await opened.service.createApplication(name));
    assert.deepEqual([refusal.code, refusal.pointer], ['request_invalid', '/name']);
  });
}

const settings = [
  { language: 'en\r\nBcc: x@example.com' },
  { language: 'en\u2028' },
  { sender: 'Shop\r\nX' },
  { sender: 'Shop\u2028X' },
  { template: 'login\n' },
  { country: 'US\n' },
  { callbackUrl: 'https://example.com/\r\nHost: evil' },
] as const;

for (const setting of settings) {
  test(`no setting holds a line break: ${shown(JSON.stringify(setting))}`, async () => {
    const { id } = (await opened.newCaller()).application;
    const refusal = refusalOf(await opened.service.changeSettings(id, setting));
    assert.equal(refusal.pointer, `/${Object.keys(setting)[0]}`);
  });
}
