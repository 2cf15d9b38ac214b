import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkTemplate,
  parseVariant,
  renderVariant,
  selectVariant,
  type Template,
  type TemplateVariant,
  variantVariables,
} from '#domain/template.ts';

function variant(given: Partial<TemplateVariant> = {}): TemplateVariant {
  const text = 'Your code is {{code}}';
  return {
    channel: 'sms',
    language: 'en',
    prefix: null,
    subject: null,
    text,
    html: null,
    ...given,
  };
}

function template(...variants: TemplateVariant[]): Template {
  return { name: 'login', state: 'approved', purposes: [], variants };
}

const mail = variant({
  channel: 'email',
  subject: 'Code for {{name}}',
  text: 'Hi {{name}}, {{code}}',
  html: '<p>Hi {{name}}, <b>{{code}}</b></p>',
});

const accepted: [name: string, template: Template][] = [
  ['the smallest', template(variant())],
  ['a draft with purposes', { ...template(variant()), state: 'draft', purposes: ['login'] }],
  ['a mail with all its parts', template(mail)],
  ['a mail without a subject', template(variant({ channel: 'email' }))],
  [
    'every channel',
    template(
      ...(['sms', 'voice', 'whatsapp', 'zalo', 'email'] as const).map((channel) =>
        variant({ channel }),
      ),
    ),
  ],
  [
    'prefixes and languages',
    template(
      variant(),
      variant({ prefix: '+49' }),
      variant({ prefix: '+49', language: 'de-AT' }),
      variant({ language: 'zh-Hant-TW' }),
      variant({ language: 'es-419' }),
    ),
  ],
  ['six long variables', template(variant({ text: `{{code}} ${'{{a}} {{b}} {{c}} '.repeat(2)}` }))],
];

for (const [name, given] of accepted) {
  test(`a template is kept as it came: ${name}`, () => {
    assert.deepEqual(checkTemplate(given), { ok: true, value: given });
  });
}

const refused: [name: string, template: Template, pointer: string][] = [
  ['an empty name', { ...template(variant()), name: '' }, '/name'],
  ['a name with a slash', { ...template(variant()), name: 'a/b' }, '/name'],
  ['a name of 65 letters', { ...template(variant()), name: 'a'.repeat(65) }, '/name'],
  ['an empty purpose', { ...template(variant()), purposes: ['login', ''] }, '/purposes/1'],
  [
    'twenty-one purposes',
    { ...template(variant()), purposes: Array.from({ length: 21 }, (_, index) => `p${index}`) },
    '/purposes',
  ],
  ['no variant', template(), '/variants'],
  ['101 variants', template(...Array.from({ length: 101 }, () => variant())), '/variants'],
  ['an unknown channel', template(variant({ channel: 'fax' as 'sms' })), '/variants/0/channel'],
  [
    'an inherited channel',
    template(variant({ channel: 'toString' as 'sms' })),
    '/variants/0/channel',
  ],
  ['a language’s name', template(variant({ language: 'English' })), '/variants/0/language'],
  ['an underscore', template(variant({ language: 'en_US' })), '/variants/0/language'],
  ['a line break', template(variant({ language: 'en\n' })), '/variants/0/language'],
  ['a prefix without plus', template(variant({ prefix: '49' })), '/variants/0/prefix'],
  ['a prefix of zero', template(variant({ prefix: '+0' })), '/variants/0/prefix'],
  ['a mail with a prefix', template({ ...mail, prefix: '+49' }), '/variants/0/prefix'],
  ['an sms with a subject', template(variant({ subject: 'Code' })), '/variants/0/subject'],
  ['an sms with HTML', template(variant({ html: '{{code}}' })), '/variants/0/html'],
  ['the same twice', template(variant(), variant({ language: 'EN' })), '/variants/1'],
  ['a text without the code', template(variant(), variant({ text: 'x' })), '/variants/1/text'],
  ['a text with two codes', template(variant({ text: '{{code}}{{pin}}' })), '/variants/0/text'],
  ['a long text', template(variant({ text: `{{code}}${'a'.repeat(2_000)}` })), '/variants/0/text'],
  [
    'eleven SMS parts',
    template(variant({ text: `{{code}}${'a'.repeat(1_530)}` })),
    '/variants/0/text',
  ],
  [
    'eleven SMS parts with the longest variables',
    template(variant({ text: `{{code}} ${'{{a}} '.repeat(8)}` })),
    '/variants/0/text',
  ],
  [
    'a call that never ends',
    template(variant({ channel: 'voice', text: `{{code}}${'a'.repeat(1_000)}` })),
    '/variants/0/text',
  ],
  [
    'a subject with a line break',
    template({ ...mail, subject: 'a\r\nBcc: x@y' }),
    '/variants/0/subject',
  ],
  ['a long subject', template({ ...mail, subject: 'a'.repeat(201) }), '/variants/0/subject'],
  ['HTML without the code', template({ ...mail, html: '<p>Hi</p>' }), '/variants/0/html'],
  [
    'HTML with a script',
    template({ ...mail, html: '<SCRIPT></SCRIPT>{{code}}' }),
    '/variants/0/html',
  ],
  ['long HTML', template({ ...mail, html: `{{code}}${'a'.repeat(50_000)}` }), '/variants/0/html'],
];

for (const [name, given, pointer] of refused) {
  test(`a template is refused, with a pointer to the place: ${name}`, () => {
    const checked = checkTemplate(given);
    assert.ok(!checked.ok);
    assert.equal(checked.error.code, 'template_invalid');
    assert.equal(checked.error.pointer, pointer, checked.error.detail);
  });
}

test('a template whose only purpose is message may be without a code, and no other', () => {
  const plain = template({ ...mail, subject: 'Hi', text: 'Hi {{name}}', html: '<p>Hi</p>' });
  assert.ok(checkTemplate({ ...plain, purposes: ['message'] }).ok);
  for (const purposes of [[], ['login'], ['message', 'login']]) {
    const checked = checkTemplate({ ...plain, purposes });
    assert.equal(checked.ok ? '' : checked.error.pointer, '/variants/0/text');
  }
  const twice = template(variant({ text: '{{code}} {{code}}' }));
  assert.ok(!checkTemplate({ ...twice, purposes: ['message'] }).ok);
});

test('every part of a mail is filled, and only the HTML is escaped', () => {
  const parsed = parseVariant(mail);
  assert.ok(parsed.ok);
  const composed = renderVariant(parsed.value, { code: '135790', variables: { name: 'Ben & Co' } });
  assert.deepEqual(composed, {
    ok: true,
    value: {
      subject: 'Code for Ben & Co',
      text: 'Hi Ben & Co, 135790',
      html: '<p>Hi Ben &amp; Co, <b>135790</b></p>',
    },
  });
});

test('a variable that only the HTML part needs is asked for too', () => {
  const parsed = parseVariant({ ...mail, subject: null, text: '{{code}}' });
  assert.ok(parsed.ok);
  const composed = renderVariant(parsed.value, { code: '135790', variables: {} });
  assert.ok(!composed.ok);
  assert.equal(composed.error.pointer, '/variables/name');
});

// Text says which variant it is; the order in the template is the order here.
const offered = template(
  variant({ language: 'en', text: 'en' }),
  variant({ language: 'de', text: 'de' }),
  variant({ language: 'pt-BR', text: 'pt-BR' }),
  variant({ language: 'fr', prefix: '+49', text: '+49 fr' }),
  variant({ language: 'de', prefix: '+49', text: '+49 de' }),
  variant({ language: 'fr', prefix: '+4915', text: '+4915 fr' }),
  variant({ channel: 'voice', language: 'hi', prefix: '+91', text: 'voice +91 hi' }),
  variant({ channel: 'email', language: 'nl', text: 'mail nl' }),
);

const choices: [
  channel: 'sms' | 'voice' | 'email' | 'zalo',
  language: string | null,
  phone: string | null,
  text: string | undefined,
][] = [
  ['sms', 'en', '+33612345678', 'en'],
  ['sms', 'de', '+33612345678', 'de'],
  ['sms', 'DE', '+33612345678', 'de'],
  ['sms', 'de-AT', '+33612345678', 'de'],
  ['sms', 'pt-BR', '+33612345678', 'pt-BR'],
  ['sms', 'pt-PT', '+33612345678', 'pt-BR'],
  ['sms', 'pt', '+33612345678', 'pt-BR'],
  ['sms', 'sv', '+33612345678', 'en'],
  ['sms', null, '+33612345678', 'en'],
  ['sms', 'de', '+493012345678', '+49 de'],
  ['sms', 'de-AT', '+493012345678', '+49 de'],
  ['sms', 'en', '+493012345678', '+49 fr'],
  ['sms', null, '+493012345678', '+49 fr'],
  ['sms', 'de', '+4915112345678', '+4915 fr'],
  ['voice', 'hi', '+919876543210', 'voice +91 hi'],
  ['voice', 'en', '+33612345678', 'voice +91 hi'],
  ['email', 'de', null, 'mail nl'],
  ['zalo', 'en', '+33612345678', undefined],
];

for (const [channel, language, phone, text] of choices) {
  test(`${channel} in ${language} to ${phone} takes the variant ${text}`, () => {
    assert.equal(selectVariant(offered, { channel, language, phone })?.text, text);
  });
}

test('the variables of a text are those of all its parts and conditions, and not the code', () => {
  const parsed = parseVariant(
    variant({
      channel: 'email',
      subject: 'For {{ name | upcase }}',
      text:
        '{{code}} {% if vip %}{{ title }}{% else %}' +
        '{% unless known %}{{a_b}}{% endunless %}{% endif %}',
      html: '<p>{{ code }} {{ application }}</p>',
    }),
  );
  assert.ok(parsed.ok);
  assert.deepEqual(
    new Set(variantVariables(parsed.value)),
    new Set(['vip', 'title', 'known', 'a_b', 'name', 'application']),
  );
});
