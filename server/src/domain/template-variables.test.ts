import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkVariables, composeValues, takeVariables } from '#domain/template-variables.ts';

const refused: [name: string, input: Record<string, string>, pointer: string][] = [
  ['a name with a dash', { 'first-name': 'Ana' }, '/variables'],
  ['a name that begins with a digit', { '1st': 'Ana' }, '/variables'],
  ['an empty name', { '': 'Ana' }, '/variables'],
  ['a name of 41 letters', { ['n'.repeat(41)]: 'Ana' }, '/variables'],
  ['a prototype', JSON.parse('{"__proto__": "x"}'), '/variables'],
  ['the code', { code: '000000' }, '/variables/code'],
  ['the code as pin', { pin: '000000' }, '/variables/pin'],
  ['the code as validation_code', { validation_code: '0' }, '/variables/validation_code'],
  ['the code as otp_code', { otp_code: '0' }, '/variables/otp_code'],
  ['the code as otpValue', { otpValue: '0' }, '/variables/otpValue'],
  ['the application’s name', { application: 'Other' }, '/variables/application'],
  ['the lifetime', { lifetimeMinutes: '99' }, '/variables/lifetimeMinutes'],
  ['the amount', { amount: '1.00' }, '/variables/amount'],
  ['the currency', { currency: 'EUR' }, '/variables/currency'],
  ['the payee', { payee: 'Other' }, '/variables/payee'],
  ['a value of 201 characters', { name: 'a'.repeat(201) }, '/variables/name'],
  ['a null character', { name: 'a\u0000b' }, '/variables/name'],
  ['an escape sequence', { name: '\u001b[31mred' }, '/variables/name'],
  ['text turned around', { name: '\u202ecba' }, '/variables/name'],
  ['half of a surrogate pair', { name: '\ud83d' }, '/variables/name'],
  ['a number', JSON.parse('{"name": 7}'), '/variables/name'],
  [
    'twenty-one variables',
    Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`v${index}`, ''])),
    '/variables',
  ],
];

for (const [name, input, pointer] of refused) {
  test(`${name} is refused as a variable`, () => {
    const checked = checkVariables(input);
    assert.ok(!checked.ok);
    assert.equal(checked.error.code, 'variables_invalid');
    assert.equal(checked.error.pointer, pointer);
  });
}

test('tabs and line breaks of every kind become one blank', () => {
  const checked = checkVariables({ name: 'Ana\r\nBcc: x@y\tz\u2028end' });
  assert.ok(checked.ok);
  assert.equal(checked.value['name'], 'Ana Bcc: x@y z end');
});

test('names that objects inherit are variables like any other, and absent unless given', () => {
  const checked = checkVariables({ constructor: 'Ana' });
  assert.ok(checked.ok);
  assert.equal(Object.getPrototypeOf(checked.value), null);
  assert.equal(checked.value['constructor'], 'Ana');
  assert.equal(checked.value['toString'], undefined);
});

test('of a caller’s data only what is asked for counts, and never the service’s own names', () => {
  const data = new Map([
    ['name', 'Ana'],
    ['story', 'x'.repeat(201)],
    ['payee', 'Other'],
    ['application', 'Other'],
  ]);
  const lookUp = (name: string) => data.get(name);
  const taken = takeVariables(['name', 'name', 'payee', 'application', 'nobody'], lookUp);
  assert.ok(taken.ok);
  assert.deepEqual({ ...taken.value }, { name: 'Ana' });
  const refused = takeVariables(['name', 'story'], lookUp);
  assert.equal(!refused.ok && refused.error.pointer, '/variables/story');
});

test('what is accepted is one line, and is accepted again unchanged', () => {
  const input = fc.dictionary(
    fc.stringMatching(/^[a-z][A-Za-z0-9_]{0,10}$/),
    fc.string({ unit: 'binary', maxLength: 30 }),
    { maxKeys: 5 },
  );
  fc.assert(
    fc.property(input, (variables) => {
      const once = checkVariables(variables);
      if (!once.ok) return;
      for (const value of Object.values(once.value)) {
        assert.doesNotMatch(value, /[\p{Cc}\u2028\u2029]/u);
      }
      assert.deepEqual(checkVariables(once.value), once);
    }),
  );
});

const request = {
  code: '135790',
  application: 'Acme',
  lifetimeSeconds: 300,
  transaction: null,
  variables: { name: 'Ana' },
};

test('a text has the application’s name, the lifetime and the caller’s variables', () => {
  const { code, variables } = composeValues(request);
  assert.equal(code, '135790');
  assert.deepEqual({ ...variables }, { application: 'Acme', lifetimeMinutes: '5', name: 'Ana' });
});

test('a transaction is shown as it is bound, whatever the variables say', () => {
  const { variables } = composeValues({
    ...request,
    transaction: { amount: '12.50', currency: 'EUR', payee: 'Shop' },
    variables: { payee: 'Thief', amount: '0.01' },
  });
  assert.equal(variables['payee'], 'Shop');
  assert.equal(variables['amount'], '12.50');
  assert.equal(variables['currency'], 'EUR');
});

test('without a transaction no variable can pose as one', () => {
  const { variables } = composeValues({ ...request, variables: { payee: 'Thief' } });
  assert.equal(variables['payee'], undefined);
});

test('a line break in a stored name does not reach a text', () => {
  const { variables } = composeValues({ ...request, application: 'Acme\r\nBcc: x@y' });
  assert.equal(variables['application'], 'Acme Bcc: x@y');
});

const lifetimes: [seconds: number, minutes: string][] = [
  [30, '1'],
  [60, '1'],
  [119, '1'],
  [300, '5'],
  [86_400, '1440'],
];

for (const [lifetimeSeconds, minutes] of lifetimes) {
  test(`${lifetimeSeconds} seconds are announced as ${minutes} minutes`, () => {
    const { variables } = composeValues({ ...request, lifetimeSeconds });
    assert.equal(variables['lifetimeMinutes'], minutes);
  });
}
