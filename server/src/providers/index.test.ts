import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEgress } from './egress/egress.ts';
import { createProviders, type ProviderContext } from './index.ts';

const context: ProviderContext = {
  egress: createEgress({ allow: ['127.0.0.1:2525', '127.0.0.1:9000'] }),
  environment: { FAST2SMS_API_KEY: 'key-from-the-environment' },
};

test('configured providers are made in their order', async () => {
  const made = createProviders(
    [
      { name: 'main-sms', kind: 'http', manifest: 'fast2sms', concurrencyMax: 7 },
      {
        name: 'own-gateway',
        kind: 'http',
        url: 'http://127.0.0.1:9000/send',
        manifest: { name: 'own', channels: ['voice'], method: 'POST' },
      },
      { name: 'mail', kind: 'smtp', host: '127.0.0.1', port: 2525, from: 'a@example.com' },
    ],
    context,
  );
  assert.ok(made.ok, made.ok ? '' : made.error.join('\n'));
  const shown = made.value.map(({ name, channels, concurrencyMax }) => [
    name,
    channels.join(),
    concurrencyMax,
  ]);
  assert.deepEqual(shown, [
    ['main-sms', 'sms', 7],
    ['own-gateway', 'voice', 32],
    ['mail', 'email', 5],
  ]);
  await Promise.all(made.value.map((provider) => provider.close()));
});

test('no configured provider is no mistake', () => {
  assert.deepEqual(createProviders([], context), { ok: true, value: [] });
});

/** An entry, and what must be among its sentences. */
const mistakes: readonly (readonly [string, unknown, RegExp])[] = [
  ['no object', 'fast2sms', /^The provider at place 1: it must be object/],
  ['no name', { kind: 'http' }, /^The provider at place 1: "name" is missing\./],
  ['no kind', { name: 'a' }, /"kind" is missing/],
  [
    'an unknown kind',
    { name: 'a', kind: 'pigeon' },
    /"kind" must be one of "sandbox", "http", "smtp"/,
  ],
  ['a name with blanks', { name: 'a b', kind: 'http' }, /"name" must be a name of small letters/],
  [
    'an unknown key',
    http({ colour: 'red' }),
    /"main": "colour" is not known\. Known are: name, kind/,
  ],
  [
    'an unknown manifest',
    http({ manifest: 'faxmachine' }),
    /no manifest "faxmachine"\. Known are: fast2sms/,
  ],
  ['a manifest that climbs', http({ manifest: '../../../secret' }), /there is no manifest/],
  ['no URL', http({ manifest: 'webhook' }), /"url" is missing, and the manifest has none/],
  [
    'a private URL',
    http({ url: 'https://10.0.0.1/send' }),
    /"url" is refused\. The URL points to a private/,
  ],
  [
    'an unencrypted URL',
    http({ url: 'http://sms.example.com/send' }),
    /"url" must begin with https/,
  ],
  [
    'a query in the URL',
    http({ url: 'https://sms.example.com/send?a=b' }),
    /without a question mark/,
  ],
  [
    'a template for a host',
    http({ url: 'https://{{text}}.example.com/' }),
    /"url" must be https:\/\/host/,
  ],
  ['a user in the URL', http({ url: 'https://a:b@example.com/' }), /must not hold a user name/],
  [
    'an unknown parameter',
    http({ parameters: { colour: 'red' } }),
    /"parameters\.colour" is not known\. Known are: senderId/,
  ],
  [
    'a bad parameter',
    http({ parameters: { flash: '2' } }),
    /"parameters\.flash" must be one of 0, 1/,
  ],
  [
    'a lacking parameter',
    http({ manifest: 'twilio-messages', secrets: { authToken: 'abcd' } }),
    /"parameters\.accountSid" is missing/,
  ],
  [
    'an unknown secret',
    http({ secrets: { pin: 'abcd' } }),
    /"secrets\.pin" is not known\. Known are: apiKey/,
  ],
  [
    'a secret that is not set',
    http({ secrets: { apiKey: { env: 'NOT_SET' } } }),
    /the secret "apiKey" is needed, but the environment variable NOT_SET is not set/,
  ],
  ['a secret of two letters', http({ secrets: { apiKey: 'ab' } }), /fewer than 4 characters/],
  [
    'a secret with a line break',
    http({ secrets: { apiKey: 'abcd\r\nx' } }),
    /holds control characters/,
  ],
  [
    'a channel it does not serve',
    http({ channels: ['email'] }),
    /the manifest does not serve email/,
  ],
  [
    'a price in words',
    http({ price: { currency: 'INR', perPart: 'cheap' } }),
    /"price\.perPart" must be a decimal string/,
  ],
  [
    'a price per planet',
    http({ price: { currency: 'INR', countries: { Mars: '1' } } }),
    /"price\.countries\.Mars" is not known/,
  ],
  ['no limit at once', http({ concurrencyMax: 0 }), /"concurrencyMax" must be >= 1/],
  ['a time-out of an hour', http({ timeoutMs: 3_600_000 }), /"timeoutMs" must be <= 60000/],
  [
    'a lacking certificate',
    http({ certificateAuthorityFile: '/nonexistent' }),
    /"certificateAuthorityFile" must name a readable file/,
  ],
  ['a bad signing secret', webhook('whsec_c2hvcnQ='), /the secret "signingSecret" is not "whsec_"/],
  [
    'a sandbox without a phone',
    { name: 'sandbox', kind: 'sandbox' },
    /the sandbox is there in development only/,
  ],
];

function http(more: object): object {
  return { name: 'main', kind: 'http', manifest: 'fast2sms', ...more };
}

function webhook(signingSecret: string): object {
  return http({
    manifest: 'webhook',
    url: 'https://hooks.example.com/',
    secrets: { signingSecret },
  });
}

for (const [what, entry, sentence] of mistakes) {
  test(`${what} stops the start with a sentence`, () => {
    const made = createProviders([entry], context);
    assert.ok(!made.ok);
    const found = made.error.join('\n');
    assert.match(found, sentence);
    for (const line of made.error) assert.match(line, /^The (provider|manifest) .*\.$/);
  });
}

test('all mistakes of all providers are told at once, and no secret is repeated', () => {
  const made = createProviders(
    [
      http({
        name: 'one',
        parameters: { flash: '2', colour: 'red' },
        secrets: { apiKey: 'x\u0007hunter2' },
      }),
      { name: 'two', kind: 'smtp', host: 'a b', from: 'nobody', password: 'hunter2!' },
      http({ name: 'three' }),
      http({ name: 'three' }),
    ],
    context,
  );
  assert.ok(!made.ok);
  const text = made.error.join('\n');
  assert.equal(made.error.filter((line) => line.startsWith('The provider "one"')).length, 3);
  assert.match(text, /The provider "two": "host" must be a host name/);
  assert.match(text, /The provider "three" is configured twice/);
  assert.doesNotMatch(text, /hunter2/);
});
