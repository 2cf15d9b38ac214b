import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createSandboxInbox } from '#service/create-sandbox.ts';
import { silentLog } from '#service/log.fixture.ts';
import { type OpenedService, openService, refusalOf, take } from '#service/service.fixture.ts';
import type { Caller } from '#service/service.ts';

let opened: OpenedService;
let caller: Caller;
before(async () => {
  opened = await openService();
  caller = await opened.newCaller({ country: 'DE' });
  const { id: applicationId } = caller.application;
  const events = { notify: () => undefined, subscribe: () => () => undefined };
  const inbox = createSandboxInbox({ ...opened, events, log: silentLog });
  for (const recipient of ['+4915123456789', 'ana@example.com']) {
    await inbox.put({
      recipient,
      applicationId,
      channel: recipient.includes('@') ? 'email' : 'sms',
      sender: null,
      subject: null,
      text: '135790 is your code',
      html: null,
      parts: 1,
      verificationId: null,
    });
  }
});
after(() => opened.end());

const list = (recipient: string | null) =>
  opened.sandbox.listMessages(caller.application, { recipient, limit: 10 });

const spellings = [
  ['+4915123456789', '+4915123456789'],
  ['0151 23456789', '+4915123456789'],
  [' Ana@EXAMPLE.com ', 'ana@example.com'],
] as const;

for (const [typed, canonical] of spellings) {
  test(`messages to "${typed}" are found as a start would read it`, async () => {
    const { recipient, messages } = take(await list(typed));
    assert.equal(recipient, canonical);
    assert.deepEqual(
      messages.map((message) => message.recipient),
      [canonical],
    );
  });
}

test('without a recipient all messages are listed, newest first', async () => {
  const { recipient, messages } = take(await list(null));
  assert.equal(recipient, null);
  assert.deepEqual(
    messages.map((message) => message.recipient),
    ['ana@example.com', '+4915123456789'],
  );
});

test('a recipient that cannot be read is refused, not taken for one without messages', async () => {
  const refusal = refusalOf(await list('banana'));
  assert.deepEqual([refusal.code, refusal.pointer], ['recipient_invalid', '/recipient']);
});
