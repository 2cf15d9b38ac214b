// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such placeholders are what is tested.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseText } from '#domain/template-parse.ts';
import { longestText, renderText, showsTransaction } from '#domain/template-text.ts';

const variables = { name: 'Ana', city: 'São Paulo', blankName: '' };

function render(source: string, given: Record<string, string> = variables, escapeHtml = false) {
  const parsed = parseText(source, { escapeHtml });
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.error.detail);
  return renderText(parsed.value, { code: '135790', variables: given });
}

function parsedOf(source: string) {
  const parsed = parseText(source, { escapeHtml: false });
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.error.detail);
  return parsed.value;
}

const texts: [source: string, printed: string][] = [
  ['{{code}}', '135790'],
  ['{{ code }}', '135790'],
  ['{{\tcode\n}}', '135790'],
  ['{{pin}}', '135790'],
  ['{{ validation_code }}', '135790'],
  ['{{otp_code}}', '135790'],
  ['{{ otpValue}}', '135790'],
  ['${otpValue}', '135790'],
  ['${ otpValue  }', '135790'],
  ['${code}', '135790'],
  ['Hi ${name}: {{code}}', 'Hi Ana: 135790'],
  ['${7*7} {{code}}', '${7*7} 135790'],
  ['{{code}} <%= 7 %> #{x} {{- name -}} !', '135790 <%= 7 %> #{x}Ana!'],
  ['{{code}} {{ name | upcase }} {{ name | downcase }}', '135790 ANA ana'],
  ['{{code}} {{ city | truncate: 5, "…" }}', '135790 São …'],
  ['{{code}} {{ city | truncate: 5 }}', '135790 Sã...'],
  ['{{code}} {{ name | downcase | capitalize }}', '135790 Ana'],
  ['{{code}} {{ nobody | default: "friend" }}', '135790 friend'],
  ['{{code}} {{ nobody | upcase | default: "friend" }}', '135790 friend'],
  ['{{code}} {{ blankName | default: "friend" }}', '135790 friend'],
  ['{{code}}{% if name %} for {{name}}{% endif %}', '135790 for Ana'],
  ['{{code}}{% if nobody %} for {{nobody}}{% endif %}', '135790'],
  ['{{code}}{% if blankName %} given{% else %} not{% endif %}', '135790 not'],
  ['{{code}}{% if nobody %}1{% elsif name %}2{% else %}3{% endif %}', '1357902'],
  ['{{code}}{% unless nobody %} unnamed{% endunless %}', '135790 unnamed'],
  ['{{code}}{% unless name %}1{% elsif city %}2{% else %}3{% endunless %}', '1357902'],
];

for (const [source, printed] of texts) {
  test(`${JSON.stringify(source)} prints ${JSON.stringify(printed)}`, () => {
    assert.deepEqual(render(source), { ok: true, value: printed });
  });
}

const refused: [name: string, source: string, says: RegExp][] = [
  ['an empty text', '', /does not hold the code/],
  ['a text without the code', 'Hello {{name}}', /does not hold the code/],
  ['the code twice', '{{code}} {{code}}', /more than once/],
  ['the code under two names', '{{pin}} ${otpValue}', /more than once/],
  ['the code in a condition', '{% if name %}{{code}}{% endif %}', /outside of every condition/],
  [
    'the code in every branch of a condition',
    '{% if name %}{{code}}{% else %}{{code}}{% endif %}',
    /outside of every condition/,
  ],
  [
    'a second code deep in conditions',
    '{{code}}{% if a %}{% unless b %}{{pin}}{% endunless %}{% endif %}',
    /outside of every condition/,
  ],
  ['a condition on the code', '{{code}}{% if code %}x{% endif %}', /cannot ask for the code/],
  ['a comparison', '{{code}}{% if name == "Ana" %}x{% endif %}', /one variable’s name/],
  ['two names in a condition', '{{code}}{% if a or b %}x{% endif %}', /one variable’s name/],
  ['a filter in a condition', '{{code}}{% if a | upcase %}x{% endif %}', /one variable’s name/],
  ['the code cut by a filter', '{{ code | truncate: 3 }}', /without filters/],
  ['the code as a filter’s value', '{{code}}{{ a | default: pin }}', /not another variable/],
  ['a variable as a filter’s value', '{{code}}{{ a | default: b }}', /not another variable/],
  ['a named value', '{{code}}{{ a | default: "b", allow_false: true }}', /no named values/],
  ['three values', '{{code}}{{ a | truncate: 1, "b", "c" }}', /at most two values/],
  ['six filters', `{{code}}{{ a ${'| upcase '.repeat(6)} }}`, /at most 5 filters/],
  ['an unknown filter', '{{code}}{{ a | append: "b" }}', /undefined filter: append/],
  ['a property', '{{code}}{{ name.length }}', /one variable’s name/],
  ['an index', '{{code}}{{ name[0] }}', /one variable’s name/],
  ['a name in brackets', '{{code}}{{ ["name"] }}', /one variable’s name/],
  ['a literal', '{{code}}{{ "x" }}', /one variable’s name/],
  ['a word of the language', '{{code}}{{ true }}', /one variable’s name/],
  ['another word of the language', '{{code}}{{ empty }}', /one variable’s name/],
  ['a range', '{{code}}{{ (1..9) }}', /one variable’s name/],
  ['a prototype', '{{code}}{{ __proto__ }}', /one variable’s name/],
  ['nothing in the braces', '{{code}}{{ }}', /cannot be read/],
  ['an open placeholder', '{{code}} {{ name', /not closed/],
  ['an open condition', '{{code}}{% if name %}', /not closed/],
  ['a stray end', '{{code}}{% endif %}', /cannot be read/],
  ['brackets in brackets', `{{code}}{{ ${'('.repeat(40_000)} }}`, /not closed within 500/],
  ['a null character', '{{code}}\u0000', /control character/],
  ['half of a surrogate pair', '{{code}}\ud83d', /control character/],
  ['a very long text', `{{code}}${'a'.repeat(50_000)}`, /longer than/],
  ['very many placeholders', `{{code}}${'{{a}}'.repeat(100)}`, /more than 100/],
  ['very deep conditions', `{{code}}${'{% if a %}'.repeat(4_900)}`, /more than 100/],
];

for (const [name, source, says] of refused) {
  test(`a template with ${name} is refused with a sentence`, () => {
    const parsed = parseText(source, { escapeHtml: false });
    assert.ok(!parsed.ok);
    assert.equal(parsed.error.code, 'template_invalid');
    assert.match(parsed.error.detail, says);
  });
}

const tags =
  'assign block break capture case comment continue cycle decrement echo for include increment ' +
  'layout liquid raw render tablerow #';
for (const tag of tags.split(' ')) {
  test(`the tag ${tag} does not exist here`, () => {
    const parsed = parseText(`{{code}}{% ${tag} x %}`, { escapeHtml: false });
    assert.ok(!parsed.ok);
    assert.match(parsed.error.detail, /not found/);
  });
}

test('conditions nest as deep as there may be placeholders', () => {
  const source = `{{code}}${'{% if name %}'.repeat(49)}deep${'{% endif %}'.repeat(49)}`;
  assert.deepEqual(render(source), { ok: true, value: '135790deep' });
});

for (const value of [
  '{{code}}',
  '{{ code }} {% if name %}',
  '${7*7}',
  '${otpValue}',
  "{{constructor.constructor('return process')()}}",
  '<%= 7 * 7 %>',
  '$& $1 $$',
]) {
  test(`${value} as a variable’s value is printed as it is`, () => {
    const printed = render('{{code}} {{name}}', { name: value });
    assert.deepEqual(printed, { ok: true, value: `135790 ${value}` });
  });
}

test('a value with markup is text in HTML, in a filter’s fallback too, and escaped once', () => {
  const given = { name: `<img src=x onerror="alert(1)"> & 'co'` };
  assert.deepEqual(
    render('<p>{{code}} {{name | escape}} {{ no | default: "<b>" }}</p>', given, true),
    {
      ok: true,
      value:
        '<p>135790 &lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; &#39;co&#39; &lt;b&gt;</p>',
    },
  );
});

for (const source of [
  '<a href="{{url}}">{{code}}</a>',
  '<p {{name}}>{{code}}</p>',
  '<p class="{% if name %}a{% endif %}">{{code}}</p>',
  '<p>{% if name %}<a href="{% endif %}{{code}}',
  '<p>{{code}}{% if a %}{% if b %}<i title="{{a}}">{% endif %}{% endif %}',
]) {
  test(`a placeholder inside of a tag is refused: ${source}`, () => {
    const parsed = parseText(source, { escapeHtml: true });
    assert.ok(!parsed.ok);
    assert.match(parsed.error.detail, /between tags/);
  });
}

for (const missing of ['nobody', 'constructor', 'toString', 'size', 'blankName']) {
  test(`a text that needs ${missing}, which is not given, is refused by name`, () => {
    const printed = render(`{{code}} {{ ${missing} | upcase }}`);
    assert.ok(!printed.ok);
    assert.equal(printed.error.code, 'variables_invalid');
    assert.equal(printed.error.pointer, `/variables/${missing}`);
    assert.ok(printed.error.detail.includes(missing));
    assert.ok(!printed.error.detail.includes('135790'));
  });
}

test('a payment’s text without a transaction asks for the transaction', () => {
  const printed = render('{{code}} {{amount}}');
  assert.ok(!printed.ok);
  assert.equal(printed.error.pointer, '/transaction');
});

test('a subject may do without the code, but not hold it twice', () => {
  const options = { escapeHtml: false, code: 'optional' } as const;
  assert.ok(parseText('Your code', options).ok);
  assert.ok(parseText('{{code}} is your code', options).ok);
  assert.ok(!parseText('{{code}} {{code}}', options).ok);
});

const shows: [source: string, isShown: boolean][] = [
  ['{{code}} {{amount}} {{currency}} {{payee}}', true],
  ['{{code}} {{amount}} {{payee | upcase}}', true],
  ['{{code}} {{amount}}', false],
  ['{{code}} {{payee}}', false],
  ['{{code}} {{amount}} {{payee | truncate: 3}}', false],
  ['{{code}}{% if payee %} {{amount}} to {{payee}}{% endif %}', true],
  ['{{code}}{% if amount %}{% if payee %}{{amount}}{{payee}}{% endif %}{% endif %}', true],
  ['{{code}}{% if name %}{{amount}}{{payee}}{% endif %}', false],
  ['{{code}}{% if amount %}{% if name %}{{amount}}{{payee}}{% endif %}{% endif %}', false],
  ['{{code}}{% unless payee %}plain{% else %}{{amount}}{{payee}}{% endunless %}', true],
  ['{{code}}{% unless payee %}{{amount}}{{payee}}{% endunless %}', false],
  ['{{code}}{% if payee %}plain{% else %}{{amount}}{{payee}}{% endif %}', false],
  ['{{code}}{% if name %}x{% elsif payee %}{{amount}}{{payee}}{% endif %}', false],
];

for (const [source, isShown] of shows) {
  test(`${source} ${isShown ? 'shows' : 'does not show'} a transaction for sure`, () => {
    assert.equal(showsTransaction(parsedOf(source)), isShown);
  });
}

test('no rendering is longer than the longest text', () => {
  const piece = fc.constantFrom(
    'text ',
    '{{ name }} ',
    '{{ name | truncate: 9 }} ',
    '{{ name | default: "someone whose name we do not know" }} ',
    '{% if name %}Dear {{ name }}{% else %}Hello{% endif %} ',
    '{% unless name %}Hello{% endunless %} ',
  );
  const value = fc.option(fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 200 }));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), value, (pieces, name) => {
      const parsed = parsedOf(`${pieces.join('')}{{code}}`);
      const given: Record<string, string> = name === null ? {} : { name };
      const printed = renderText(parsed, { code: '\u0001'.repeat(6), variables: given });
      if (!printed.ok) return assert.equal(name, null);
      assert.ok(printed.value.length <= longestText(parsed).length);
      assert.ok(printed.value.endsWith('\u0001'.repeat(6)));
    }),
  );
});

test('any text at all is either read or refused', () => {
  const token = fc.constantFrom('{{', '}}', '{%', '%}', '$', '{', '}', 'code', 'if ', 'endif', '|');
  const word = fc.oneof(token, fc.constantFrom('default:', '"', "'", ' ', 'a', '.', '['));
  fc.assert(
    fc.property(fc.array(word, { maxLength: 30 }), (words) => {
      const parsed = parseText(words.join(''), { escapeHtml: true });
      if (parsed.ok) renderText(parsed.value, { code: '1', variables: {} });
      else assert.equal(parsed.error.code, 'template_invalid');
    }),
    { numRuns: 2_000 },
  );
});
