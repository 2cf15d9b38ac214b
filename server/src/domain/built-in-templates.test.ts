import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInTemplates } from '#domain/built-in-templates.ts';
import { wordings } from '#domain/built-in-wording.ts';
import type { ChannelName } from '#domain/channels/channel.ts';
import { channels } from '#domain/channels/index.ts';
import { countSegments } from '#domain/segments.ts';
import { checkTemplate, parseVariant, renderVariant, selectVariant } from '#domain/template.ts';
import { showsTransaction } from '#domain/template-text.ts';
import { composeValues } from '#domain/template-variables.ts';

const channelNames = Object.values(channels).map((channel) => channel.name);
const transaction = { amount: '12.50', currency: 'EUR', payee: 'Gasthaus' };

function rendered(
  kind: 'plain' | 'transaction',
  channel: ChannelName,
  language: string,
  application = 'A name of 20 letters',
) {
  const wanted = { channel, language, phone: null };
  const variant = selectVariant(builtInTemplates[kind], wanted);
  assert.equal(variant?.language, language);
  assert.ok(variant);
  const parsed = parseVariant(variant);
  assert.ok(parsed.ok);
  const values = composeValues({
    code: '135790',
    application,
    lifetimeSeconds: 600,
    transaction: kind === 'transaction' ? transaction : null,
    variables: {},
  });
  const composed = renderVariant(parsed.value, values);
  assert.ok(composed.ok, composed.ok ? '' : composed.error.detail);
  return { parsed: parsed.value, composed: composed.value };
}

for (const template of Object.values(builtInTemplates)) {
  test(`the template ${template.name} passes the check of every saved template`, () => {
    const checked = checkTemplate(template);
    assert.ok(checked.ok, checked.ok ? '' : `${checked.error.pointer} ${checked.error.detail}`);
  });
}

for (const { language, alphabet: encoding } of wordings) {
  test(`the plain text in ${language} is one SMS part of ${encoding}`, () => {
    const { text } = rendered('plain', 'sms', language).composed;
    const count = countSegments(text);
    assert.deepEqual([count.encoding, count.parts], [encoding, 1], text);
  });

  test(`the payment's text in ${language} is one SMS part of ${encoding}`, () => {
    const { text } = rendered('transaction', 'sms', language, 'Acme Bank').composed;
    const count = countSegments(text);
    assert.deepEqual([count.encoding, count.parts], [encoding, 1], text);
  });

  for (const channel of channelNames) {
    test(`the ${channel} texts in ${language} hold what must be read`, () => {
      const plain = rendered('plain', channel, language).composed;
      assert.equal(plain.text.split('135790').length, 2);
      assert.ok(plain.text.includes('A name of 20 letters'));
      const payment = rendered('transaction', channel, language);
      assert.ok(showsTransaction(payment.parsed.text));
      assert.ok(payment.parsed.html === null || showsTransaction(payment.parsed.html));
      assert.ok(payment.composed.text.includes('12.50 EUR'));
    });
  }

  test(`the mail in ${language} is HTML that names its language and fetches nothing`, () => {
    const { html, subject } = rendered('plain', 'email', language, 'Ben & <Co>').composed;
    assert.ok(subject?.includes('Ben & <Co>'));
    assert.ok(!subject?.includes('135790'), 'a subject is shown on locked screens');
    assert.ok(html?.includes(`<html lang="${language}">`));
    assert.ok(html?.includes('Ben &amp; &lt;Co&gt;'));
    assert.doesNotMatch(html ?? '', /https?:|src=|href=|url\(|<link|<script|@import/i);
  });
}

test('a name of forty letters still leaves one part wherever GSM-7 holds the language', () => {
  for (const { language } of wordings.filter(({ alphabet }) => alphabet === 'gsm7')) {
    const { text } = rendered('plain', 'sms', language, 'm'.repeat(40)).composed;
    assert.equal(countSegments(text).parts, 1, text);
  }
});

test('a language that is not there is answered in English', () => {
  const wanted = { channel: 'sms', language: 'fi', phone: '+358401234567' } as const;
  assert.equal(selectVariant(builtInTemplates.plain, wanted)?.language, 'en');
});
