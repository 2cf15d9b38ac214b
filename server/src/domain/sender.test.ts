import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSender } from '#domain/sender.ts';

const names = ['ACME', 'A', 'Acme Shop 1', 'a.b_c-d', '4YOU', 'ABCDEFGHIJK'];
const numbers = ['123', '+14155550123', '14155550123', '123456789012345'];
const neither = [
  '',
  '12',
  '+12',
  '1234567890123456',
  'ABCDEFGHIJKL',
  ' ACME',
  'ACME ',
  '1-2-3',
  'Äcme',
  '\u0420aypal',
  'ACME\r\n',
  'AC\nME',
  'AC,ME',
  '{{code}}',
];

test('a message comes from a name of at most 11 characters or from a number', () => {
  for (const sender of [...names, ...numbers]) {
    assert.deepEqual(checkSender(sender, 'sms'), { ok: true, value: sender });
  }
});

test('a call comes from a number only', () => {
  for (const sender of numbers) assert.ok(checkSender(sender, 'voice').ok);
  for (const sender of names) assert.ok(!checkSender(sender, 'voice').ok);
});

test('an e-mail comes from a name as people write it, on one line', () => {
  const mailNames = ['Äcme', 'FlowX Bank Notifications', 'Müller & Söhne, Versand', '山田 2'];
  for (const sender of [...names, ...mailNames]) assert.ok(checkSender(sender, 'email').ok, sender);
  const unfit = ['', ' Acme', 'Acme ', '12 34', 'a@b', 'A"B', '<b>', 'A\\', 'A\nB', 'A\u2028B'];
  for (const sender of [...unfit, '\u202eAcme', 'a'.repeat(71)]) {
    const result = checkSender(sender, 'email');
    assert.ok(!result.ok, JSON.stringify(sender));
    assert.match(result.error.detail, /e-mail/);
  }
});

test('any other sender is refused at its field', () => {
  for (const sender of neither) {
    for (const channel of ['sms', 'voice', 'whatsapp'] as const) {
      const result = checkSender(sender, channel);
      assert.ok(!result.ok, JSON.stringify(sender));
      assert.deepEqual([result.error.code, result.error.pointer], ['request_invalid', '/sender']);
    }
  }
});
