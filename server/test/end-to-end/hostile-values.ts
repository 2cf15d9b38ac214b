/**
 * What strangers put where a value belongs, as JSON texts: not every one of them can be made by
 * JSON.stringify. Each row says what kind of value a reader of JSON makes of it.
 */
export type JsonKind = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

export interface HostileValue {
  readonly name: string;
  readonly json: string;
  readonly kind: JsonKind;
}

const nested = (open: string, close: string, depth: number) =>
  `${open.repeat(depth)}${close.repeat(depth)}`;
const manyKeys = (count: number) =>
  `{${Array.from({ length: count }, (_, index) => `"k${index}":1`).join(',')}}`;

/** Texts that are dangerous somewhere: in a header, a log, a shell, a template, a database. */
export const hostileTexts: Readonly<Record<string, string>> = {
  empty: '',
  blank: ' ',
  'no-break blank': '\u00a0',
  long: 'a'.repeat(1_500),
  'null character': '\u0000',
  'null character inside': 'ab\u0000cd',
  'line breaks and a header': 'x\r\nBcc: victim@example.net',
  'a line break and a log line': 'x\n{"level":"fatal","msg":"forged"}',
  'a terminal command': '\u001b[2J\u001b[31mred',
  'C1 control': '\u009b31m',
  'line separator': 'a\u2028b',
  'next line': 'a\u0085b',
  'half a surrogate pair': '\ud800',
  'the other half': 'x\udc00',
  'swapped surrogates': '\udc00\ud800',
  'right to left': '\u202e0123\u202c',
  'zero width': 'log\u200bin',
  'combining marks': `e${'\u0301'.repeat(60)}`,
  'family of emoji': '\u{1f469}\u200d\u{1f469}\u200d\u{1f467}',
  'one letter of 18': '\ufdfa',
  'not a character': '\uffff',
  'byte order mark': '\ufefflogin',
  'Arabic digits': '\u0661\u0662\u0663\u0664\u0665\u0666',
  'full-width digits': '\uff11\uff12\uff13\uff14\uff15\uff16',
  'a number': '12345678901234567890',
  'a number in other words': '1e3',
  'not a number': 'NaN',
  'true as text': 'true',
  'null as text': 'null',
  'undefined as text': 'undefined',
  'the prototype': '__proto__',
  'the constructor': 'constructor',
  'a method': 'toString',
  'an object as text': '[object Object]',
  'Liquid that computes': '{{ 7 | times: 191 }}',
  'Liquid that loops': '{% for i in (1..1000000000) %}x{% endfor %}',
  'Liquid that climbs': '{{ code.constructor.prototype }}',
  'Liquid that is open': '{{ code',
  'another template language': `\${7*191} <%= 7*191 %> #{7*191} {{=7*191}}`,
  markup: '<img src=x onerror=alert(1)>',
  'a quote for SQL': `' OR '1'='1'; DROP TABLE verifications; --`,
  'an operator': '{"$ne":null}',
  'a shell': '$(reboot) `reboot` ; reboot | reboot',
  'a path': '../../../../etc/passwd',
  'an encoded path': '%2e%2e%2f%00',
  'a format': '%s%n%x%d',
  'a formula': '=cmd|"/C calc"!A0',
  'a URL inside': 'http://169.254.169.254/latest/meta-data',
  'an LDAP look-up': `\${jndi:ldap://127.0.0.1/a}`,
};

export const hostileValues: readonly HostileValue[] = [
  { name: 'null', json: 'null', kind: 'null' },
  { name: 'true', json: 'true', kind: 'boolean' },
  { name: 'false', json: 'false', kind: 'boolean' },
  { name: 'zero', json: '0', kind: 'number' },
  { name: 'minus zero', json: '-0', kind: 'number' },
  { name: 'minus one', json: '-1', kind: 'number' },
  { name: 'a fraction', json: '5.5', kind: 'number' },
  { name: 'nearly whole', json: '6.0000000000000001', kind: 'number' },
  { name: 'a tiny number', json: '5e-324', kind: 'number' },
  { name: 'more than is exact', json: '9007199254740993', kind: 'number' },
  { name: 'a huge number', json: '1e308', kind: 'number' },
  { name: 'infinity', json: '1e999', kind: 'number' },
  { name: 'minus infinity', json: '-1e999', kind: 'number' },
  { name: 'four hundred digits', json: '9'.repeat(400), kind: 'number' },
  { name: 'an empty list', json: '[]', kind: 'array' },
  { name: 'a list with nothing in it', json: '[null]', kind: 'array' },
  { name: 'a list of texts', json: '["sms","sms"]', kind: 'array' },
  { name: 'a list of lists', json: '[[[]]]', kind: 'array' },
  { name: 'a long list', json: `[${'0,'.repeat(600)}0]`, kind: 'array' },
  { name: 'a deep list', json: nested('[', ']', 500), kind: 'array' },
  { name: 'an empty object', json: '{}', kind: 'object' },
  { name: 'the prototype as a key', json: '{"__proto__":{"isAdmin":true}}', kind: 'object' },
  {
    name: 'the constructor as a key',
    json: '{"constructor":{"prototype":{"isAdmin":true}}}',
    kind: 'object',
  },
  {
    name: 'methods as keys',
    json: '{"toString":"x","valueOf":1,"hasOwnProperty":null,"then":"x","toJSON":"x"}',
    kind: 'object',
  },
  { name: 'an object like a list', json: '{"0":"a","length":4294967295}', kind: 'object' },
  { name: 'an operator as a key', json: '{"$gt":"","$where":"sleep(9)"}', kind: 'object' },
  { name: 'an empty key', json: '{"":""}', kind: 'object' },
  { name: 'a key of control characters', json: '{"\\u0000\\r\\n\\ud800":1}', kind: 'object' },
  { name: 'a long key', json: `{"${'k'.repeat(1_500)}":1}`, kind: 'object' },
  { name: 'the same key twice', json: '{"a":1,"a":{"b":2}}', kind: 'object' },
  { name: 'many keys', json: manyKeys(150), kind: 'object' },
  { name: 'a deep object', json: `${'{"a":'.repeat(200)}1${'}'.repeat(200)}`, kind: 'object' },
  ...Object.entries(hostileTexts).map(([name, text]) => ({
    name,
    json: JSON.stringify(text),
    kind: 'string' as const,
  })),
];

/** Names that no schema has, to be added to every object. */
export const hostileNames: readonly string[] = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '__defineGetter__',
  'toJSON',
  'then',
  '',
  ' ',
  'a/b~c',
  'recipient ',
  'Recipient',
  'line\r\nbreak',
  'null\u0000',
  '\ud800',
  '$where',
  'k'.repeat(700),
];

export function kindOf(value: unknown): JsonKind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as JsonKind;
}
