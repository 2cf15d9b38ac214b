import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChannelName } from '#domain/channels/channel.ts';
import { channels, isChannelName } from '#domain/channels/index.ts';
import { type LineType, parseRecipient, type Recipient } from '#domain/recipient.ts';

const phone = (lineType: LineType): Recipient => ({
  kind: 'phone',
  canonical: '+14155550123',
  limitKey: '+14155550123',
  country: 'US',
  lineType,
});

function mailbox(): Recipient {
  const parsed = parseRecipient('ana@example.com');
  assert.ok(parsed.ok);
  return parsed.value;
}

const destinations: [channel: ChannelName, name: string, to: Recipient, refusal: string | null][] =
  [
    ['sms', 'a mobile', phone('mobile'), null],
    ['sms', 'a number of either kind', phone('fixed_line_or_mobile'), null],
    ['sms', 'a landline', phone('fixed_line'), 'recipient_unsupported'],
    ['sms', 'a mailbox', mailbox(), 'recipient_invalid'],
    ['voice', 'a mobile', phone('mobile'), null],
    ['voice', 'a landline', phone('fixed_line'), null],
    ['voice', 'a mailbox', mailbox(), 'recipient_invalid'],
    ['whatsapp', 'a mobile', phone('mobile'), null],
    ['whatsapp', 'a landline', phone('fixed_line'), null],
    ['whatsapp', 'a mailbox', mailbox(), 'recipient_invalid'],
    ['zalo', 'a mobile', phone('mobile'), null],
    ['zalo', 'a landline', phone('fixed_line'), 'recipient_unsupported'],
    ['zalo', 'a mailbox', mailbox(), 'recipient_invalid'],
    ['email', 'a mailbox', mailbox(), null],
    ['email', 'a mobile', phone('mobile'), 'recipient_invalid'],
  ];

for (const [channel, name, to, refusal] of destinations) {
  test(`${channel} ${refusal === null ? 'reaches' : 'refuses'} ${name}`, () => {
    const accepted = channels[channel].accepts(to);
    assert.equal(accepted.ok ? null : accepted.error.code, refusal);
    if (!accepted.ok) assert.equal(accepted.error.pointer, '/recipient');
  });
}

function shape(
  channel: ChannelName,
  text: string,
  more: { subject?: string; html?: string; code?: string } = {},
) {
  const { subject = null, html = null, code = '135790' } = more;
  return channels[channel].shape({ text, subject, html }, code);
}

function shaped(...given: Parameters<typeof shape>) {
  const content = shape(...given);
  assert.ok(content.ok, content.ok ? '' : content.error.detail);
  return content.value;
}

test('an sms is counted in parts, after carriage returns are gone', () => {
  assert.equal(shaped('sms', 'a'.repeat(160)).parts, 1);
  assert.equal(shaped('sms', 'a'.repeat(161)).parts, 2);
  assert.deepEqual(shaped('sms', `${'a'.repeat(158)}\r\nb`), {
    text: `${'a'.repeat(158)}\nb`,
    subject: null,
    html: null,
    parts: 1,
  });
});

const texts: [channel: ChannelName, name: string, text: string, carried: string][] = [
  [
    'voice',
    'says the code character by character, in a sentence said twice',
    'Your code is 135790.',
    'Your code is 1, 3, 5, 7, 9, 0. Your code is 1, 3, 5, 7, 9, 0.',
  ],
  [
    'voice',
    'ends a sentence that has no end',
    'Valid 10 minutes: 135790',
    'Valid 10 minutes: 1, 3, 5, 7, 9, 0. Valid 10 minutes: 1, 3, 5, 7, 9, 0.',
  ],
  [
    'voice',
    'drops what XML would read',
    'Ben & Jerry</Say><Dial>900</Dial> "x" 135790!',
    'Ben Jerry /Say Dial 900 /Dial x 1, 3, 5, 7, 9, 0! '.repeat(2).trim(),
  ],
  ['voice', 'knows the end of a Hindi sentence', '135790।', '1, 3, 5, 7, 9, 0। 1, 3, 5, 7, 9, 0।'],
  [
    'whatsapp',
    'carries one line with single blanks',
    'a\r\nb\tc     d\n\n135790 ',
    'a b c d 135790',
  ],
  ['zalo', 'keeps its lines', 'a\r\nb 135790\n', 'a\nb 135790'],
];

for (const [channel, name, text, carried] of texts) {
  test(`${channel} ${name}`, () => {
    assert.deepEqual(shaped(channel, text), { text: carried, subject: null, html: null, parts: 1 });
  });
}

test('voice reads letters apart too', () => {
  assert.equal(shaped('voice', 'AB7K.', { code: 'AB7K' }).text, 'A, B, 7, K. A, B, 7, K.');
});

const subjects: [name: string, subject: string | undefined, carried: string][] = [
  ['as it is', 'Ihr Code', 'Ihr Code'],
  ['on one line, so no header can follow', 'Code\r\nBcc: x@y\u0000', 'Code Bcc: x@y'],
  ['in our words if there is none', undefined, 'Your verification code'],
  ['in our words if it is blank', ' \n', 'Your verification code'],
  ['cut if it is very long', 'a'.repeat(300), `${'a'.repeat(249)}…`],
];

for (const [name, subject, carried] of subjects) {
  test(`a mail has its subject ${name}`, () => {
    const content = shaped('email', '135790', {
      html: '<b>135790</b>',
      ...(subject === undefined ? {} : { subject }),
    });
    assert.deepEqual(content, {
      text: '135790',
      subject: carried,
      html: '<b>135790</b>',
      parts: 1,
    });
  });
}

const longest: [channel: ChannelName, charactersMax: number][] = [
  ['sms', 1_530],
  ['voice', 1_000],
  ['whatsapp', 1_024],
  ['zalo', 2_000],
  ['email', 20_000],
];

for (const [channel, charactersMax] of longest) {
  test(`${channel} carries ${charactersMax} characters and refuses one more`, () => {
    assert.ok(shape(channel, 'a'.repeat(charactersMax)).ok);
    const tooLong = shape(channel, 'a'.repeat(charactersMax + 1));
    assert.equal(tooLong.ok ? null : tooLong.error.code, 'template_invalid');
  });
}

test('a mail carries HTML only up to where it would be clipped', () => {
  assert.ok(shape('email', 'x', { html: 'a'.repeat(100_000) }).ok);
  assert.ok(!shape('email', 'x', { html: 'a'.repeat(100_001) }).ok);
});

test('a channel is registered under its own name, and nothing else is a channel', () => {
  for (const [name, channel] of Object.entries(channels)) {
    assert.equal(channel.name, name);
    assert.ok(isChannelName(name));
  }
  for (const name of ['', 'SMS', 'fax', 'toString', '__proto__']) assert.ok(!isChannelName(name));
});
