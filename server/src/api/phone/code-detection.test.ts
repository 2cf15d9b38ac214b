import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInLanguages, builtInTemplates } from '#domain/built-in-templates.ts';
import { channels } from '#domain/channels/index.ts';
import { parseVariant, renderVariant } from '#domain/template.ts';
import { composeValues } from '#domain/template-variables.ts';

// The page's files are scripts of a browser, outside what the compiler of the server looks at.
const script = new URL('page/code-detection.js', import.meta.url).href;
const { detectCode }: { detectCode(text: string): string | null } = await import(script);

const found: readonly [string, string | null][] = [
  ['Your code is 482913. Do not share it.', '482913'],
  ['482913 is your ACME code', '482913'],
  ['G-482913 is your code', '482913'],
  ['Your code:\n\n0042', '0042'],
  ['Code 1234567890', '1234567890'],
  ['Your code is K7MXQ2', 'K7MXQ2'],
  ['Your code is QMXVZR', 'QMXVZR'],
  ['The code a1b2c3 opens the door', 'a1b2c3'],
  ['Your code is 4, 8, 2, 9, 1, 3. Your code is 4, 8, 2, 9, 1, 3.', '482913'],
  ['Your code is K, 7, M, X.', 'K7MX'],
  ['Use 482913\nFA+9qCX9VSu\n@example.com #482913', '482913'],
  ['Pay 250000 with the code below\n@shop.example #771204', '771204'],
  ['Ref 2024-11-05 14:30: your code is 482913', '482913'],
  ['To pay $1250.00 to Shop enter 7781', '7781'],
  ['12.50 EUR to Gasthaus: 7781', '7781'],
  ['Call +1 415 555 0123 if you did not ask for 482913', '482913'],
  ['https://example.com/4829130 or type 771204', '771204'],
  ['Written 2026. Code 7781', '7781'],
  ['رمز التحقق الخاص بك هو 482913. لا تشاركه مع أي شخص.', '482913'],
  ['您的验证码是482913，请勿泄露。', '482913'],
  ['K7MXQ2 is your code to pay Gasthaus 1794', 'K7MXQ2'],
  ['Hello there, nothing to see.', null],
  ['', null],
];

for (const [text, code] of found) {
  test(`the code in ${JSON.stringify(text.slice(0, 50))} is ${code ?? 'none'}`, () => {
    assert.equal(detectCode(text), code);
  });
}

test('the code is found in every built-in text, on every channel and in every language', () => {
  const codes = ['135790', '004217', '12345678', 'K7MXQ2', 'QMXVZR'];
  const transaction = { amount: '12.50', currency: 'EUR', payee: 'Gasthaus 21' };
  let count = 0;
  for (const [kind, template] of Object.entries(builtInTemplates)) {
    for (const variant of template.variants) {
      const parsed = parseVariant(variant);
      assert.ok(parsed.ok);
      for (const code of codes) {
        const values = composeValues({
          code,
          application: 'Acme Shop',
          lifetimeSeconds: 600,
          transaction: kind === 'transaction' ? transaction : null,
          variables: {},
        });
        const composed = renderVariant(parsed.value, values);
        assert.ok(composed.ok);
        const shaped = channels[variant.channel].shape(composed.value, code);
        assert.ok(shaped.ok);
        const place = `${variant.channel} ${variant.language} ${kind}`;
        assert.equal(detectCode(shaped.value.text), code, `${place}: ${shaped.value.text}`);
        count += 1;
      }
    }
  }
  assert.equal(count, builtInLanguages.length * Object.keys(channels).length * 2 * codes.length);
});

test('a long text is searched in no time, whatever it holds', () => {
  for (const piece of ['1', '1,', '+1 ', 'a1', '$1.', '1, ', '@a', 'https://', '\n@a']) {
    const text = piece.repeat(20_000 / piece.length);
    const startedMs = performance.now();
    detectCode(text);
    assert.ok(performance.now() - startedMs < 500, `${JSON.stringify(piece)} took too long`);
  }
});
