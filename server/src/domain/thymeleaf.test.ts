// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are what is imported.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseVariant } from '#domain/template.ts';
import { fromThymeleaf } from '#domain/thymeleaf.ts';

const printed: readonly (readonly [string, string])[] = [
  ['Your code: ${otpValue}', 'Your code: {{code}}'],
  ['Your code: [[${otpValue}]]', 'Your code: {{code}}'],
  ['Your code: [(${ otpValue })]', 'Your code: {{code}}'],
  ['Hi [[ ${client.name} ]], ${otpValue}', 'Hi {{client_name}}, {{code}}'],
  ["${client['name']} ${items[0].price} ${a?.b}", '{{client_name}} {{items_0_price}} {{a_b}}'],
  ["${name ?: 'you'} ${name?:'you'}", '{{name | default: "you"}} {{name | default: "you"}}'],
  ['<b th:text="${otpValue}">1234</b>', '<b>{{code}}</b>'],
  ['<p class="a" th:utext="${name}" id="x"></p>', '<p class="a" id="x">{{name}}</p>'],
  ['<b data-th-text = "${otpValue}">0000</b>', '<b>{{code}}</b>'],
  ["<B TH:TEXT='${name}'>x</B>", '<B>{{name}}</B>'],
  ['<b data-th:text="${otpValue}">0000</b>', '<b>{{code}}</b>'],
  ['<html xmlns:th="http://www.thymeleaf.org"><p>Hi</p>', '<html><p>Hi</p>'],
  ['Already {{code}} and 5 $ {x}', 'Already {{code}} and 5 $ {x}'],
  ['[[not a print]] (a) [1]', '[[not a print]] (a) [1]'],
];

for (const [source, expected] of printed) {
  test(`a text keeps what it prints: ${source}`, () => {
    assert.deepEqual(fromThymeleaf(source), { ok: true, value: expected });
  });
}

const computed = [
  '${#dates.format(now)}',
  '${a + b}',
  '${a ? b : c}',
  '${a ?: b}',
  '${name()}',
  '${}',
  '${a..b}',
  '${1a}',
  '<p th:if="${a}">x</p>',
  '<li th:each="i : ${items}">x</li>',
  '<th:block>x</th:block>',
  '[[#{greeting}]]',
  '<p th:text="#{greeting}">x</p>',
  '<p th:if = "${vip}">x</p>',
  '<p th:if\n="${vip}">x</p>',
  '<p TH:IF="${vip}">x</p>',
  '<p data-th-if="${vip}">x</p>',
  '<p class="a"th:if="${vip}">x</p>',
  '<p/th:if="${vip}">x</p>',
  '<p data-th-text="${name}">a<b>c</b></p>',
  '<TH:BLOCK>x</TH:BLOCK>',
  '[# th:if="${vip}"]x[/]',
  '<!--/*/ <p>x</p> /*/-->',
  '<p th:text="${a} + ${b}">x</p>',
  '${amount}',
  '${code}',
  "[[${vip} ? 'a' : 'b']]",
  "[(${name} ?: 'x')]",
  '[[|Hi ${name}|]]',
  "[['x' + ${y}]]",
  '<b th-if="${vip}">x</b>',
  '${pin}',
  '<span th:text="${name}"/>',
  'no close ${otpValue',
  '${application}',
];

for (const source of computed) {
  test(`what computes, or is the service’s own, is refused by its words: ${source}`, () => {
    const refused = fromThymeleaf(source);
    assert.ok(!refused.ok);
    assert.equal(refused.error.code, 'template_invalid');
    assert.ok(refused.error.detail.length < 250);
  });
}

test('all that is refused is told at once, each thing once', () => {
  const refused = fromThymeleaf('${code} ${a + b} ${code} <p th:if="${vip}">x</p>');
  assert.ok(!refused.ok);
  for (const words of ['"code" stands for', '"${a + b}" computes', '"th:if" computes']) {
    assert.equal(refused.error.detail.split(words).length, 2, words);
  }
});

test('whatever is imported is one of our texts, or is refused there, and takes no time', () => {
  const part = fc.constantFrom(
    '${',
    '}',
    '[[',
    ']]',
    '[(',
    'th:text="',
    '"',
    '<p ',
    '>',
    'a',
    '.',
    '?',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 60 }), (parts) => {
      const imported = fromThymeleaf(parts.join(''));
      if (!imported.ok) return;
      parseVariant({ text: imported.value, subject: null, html: null }, 'optional');
    }),
  );
  const long = `${'<p th:text="'.repeat(2_000)}${'${a'.repeat(20_000)}`;
  const began = performance.now();
  fromThymeleaf(long);
  assert.ok(performance.now() - began < 1_000);
});
