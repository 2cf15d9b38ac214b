import { Type } from 'typebox';
import { exactly, line, mapOf, oneOf, onOneLine, shaped } from '#api/schemas/text.ts';
import type { ChannelName } from '#domain/channels/channel.ts';
import type { CodeAlphabet } from '#domain/code.ts';
import { languagePattern, templateNamePattern } from '#domain/template.ts';
import type { VerificationStatus } from '#domain/verification.ts';

/** Fields that more than one call has, with the same bounds everywhere. */

export const channelName = oneOf<ChannelName>(
  { sms: true, email: true, voice: true, whatsapp: true, zalo: true },
  'How the person is reached.',
);

export const verificationStatus = oneOf<VerificationStatus>(
  { pending: true, approved: true, failed: true, expired: true, canceled: true, blocked: true },
  'Where the verification is in its life. Only pending ever changes.',
);

export const codeAlphabet = oneOf<CodeAlphabet>(
  { digits: true, letters: true, alphanumeric: true },
  'What the code is made of. Letters that look like others are left out.',
);

export const recipientMax = 320;

export const recipient = Type.String({
  maxLength: recipientMax,
  description:
    'A phone number with its country code, or a national one with `country`; or an e-mail address.',
  examples: ['+14155550123'],
});

export const country = shaped('^[A-Za-z]{2}$', 2, {
  description: 'A country is an ISO 3166-1 code of two letters. It reads a national number.',
  examples: ['US'],
});

export const purpose = shaped('^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$', 64, {
  description:
    'What the proof is for: a purpose is 1 to 64 letters, digits, dots, colons, dashes or ' +
    'underscores. A code for one purpose is worthless for another.',
  examples: ['login'],
});

export const reference = line(128, {
  description: 'Your own name for this verification, to find it by.',
  examples: ['order-17'],
});

export const language = shaped(languagePattern.source, 35, {
  description: 'A language is a BCP 47 tag without extensions.',
  examples: ['en'],
});

export const templateName = shaped(templateNamePattern.source, 64, {
  description:
    'A template name has 1 to 64 letters, digits, dots, dashes or underscores, and begins with a ' +
    'letter or digit.',
  examples: ['login'],
});

export const guess = Type.String({
  minLength: 1,
  maxLength: 16,
  description: 'What the person typed, as a string. Blanks, dashes and letter case do not matter.',
  examples: ['135790'],
});

export const money = exactly({
  amount: shaped('^[0-9]{1,9}(\\.[0-9]{1,6})?$', 16, {
    description: 'An amount is a decimal string with at most six decimals.',
    examples: ['0.0075'],
  }),
  currency: shaped('^[A-Z]{3}$', 3, {
    description: 'A currency is an ISO 4217 code of three capital letters.',
    examples: ['USD'],
  }),
});

export const transaction = exactly(
  {
    amount: money.properties.amount,
    currency: money.properties.currency,
    payee: line(70, { description: 'Who gets the money.', examples: ['Shop'] }),
  },
  {
    description:
      'The payment that the code is bound to. A check that repeats it must repeat it exactly; ' +
      'another one ends the verification.',
    examples: [{ amount: '12.50', currency: 'EUR', payee: 'Shop' }],
  },
);

const forLater = 'Meant for the guard of a later version; neither used nor stored yet.';

export const client = exactly(
  {
    address: Type.Optional(
      shaped('^[0-9A-Fa-f:.]{2,45}$', 45, {
        description: 'An address is an IPv4 or IPv6 literal without a zone.',
        examples: ['203.0.113.9'],
      }),
    ),
    device: Type.Optional(line(200, { description: `Your own name for the device. ${forLater}` })),
    userAgent: Type.Optional(
      line(512, { description: `What the browser calls itself. ${forLater}` }),
    ),
  },
  {
    description:
      'What you know of the person’s device. Limits for each address need `address`: without ' +
      'it there are none, because the socket’s own address is your server.',
  },
);

export const metadata = mapOf(
  Type.String({
    maxLength: 500,
    pattern: onOneLine,
    description: 'A value is one line of at most 500 characters.',
  }),
  {
    pattern: '^(?!__proto__$)[A-Za-z0-9_.-]{1,40}$',
    inWords: 'A name has 1 to 40 letters, digits, dots, dashes or underscores.',
  },
  { maxProperties: 20, description: 'Your own data; shown again, never looked at.' },
);

export const listLimit = Type.Integer({
  minimum: 1,
  maximum: 200,
  description: 'How many at most; 50 when absent.',
});
export const listLimitDefault = 50;

export const verificationId = shaped('^vf_[0-9a-hjkmnp-tv-z]{37}(?:[0-9a-hjkmnp-tv-z]{2})?$', 42, {
  description: 'The id that the start answered.',
  examples: ['vf_0k3v9q6w0z1h4e7n2c5x8t0m3b6d9g2j5p8s1v4y'],
});
