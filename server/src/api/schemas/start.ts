import { Type } from 'typebox';
import {
  channelName,
  client,
  codeAlphabet,
  country,
  language,
  metadata,
  purpose,
  recipient,
  recipientMax,
  reference,
  templateName,
  transaction,
} from '#api/schemas/shared.ts';
import { anyText, exactly, line, mapOf, shaped } from '#api/schemas/text.ts';
import { settingBounds } from '#domain/application.ts';
import type { ChannelName } from '#domain/channels/channel.ts';
import { codeLengthMax, codeLengthMin } from '#domain/code.ts';
import { templateBounds } from '#domain/template.ts';
import {
  valueCharactersMax,
  variableNamePattern,
  variablesMax,
} from '#domain/template-variables.ts';
import type { ChannelRequest } from '#service/requests.ts';

/** Every field of a start. Only shapes are checked here; what a value may be is the service's. */

const channelsMax = 5;
/** Below what a template may have: the whole body of a start has 16 384 bytes. */
const htmlCharactersMax = 10_000;

const channelAtDestination = exactly({
  channel: channelName,
  to: Type.Optional(
    anyText(recipientMax, {
      description: 'Another destination than the recipient.',
      examples: ['ana@example.com'],
    }),
  ),
  template: Type.Optional(templateName),
  text: Type.Optional(
    anyText(templateBounds.textCharactersMax, {
      description: 'The text of this channel, in the place of the one of the request.',
    }),
  ),
  subject: Type.Optional(
    anyText(templateBounds.subjectCharactersMax, {
      description: 'The subject of an e-mail, with a text.',
    }),
  ),
  html: Type.Optional(
    anyText(htmlCharactersMax, {
      description: 'The HTML part of an e-mail, with a text.',
    }),
  ),
});

const channels = Type.Unsafe<(ChannelName | ChannelRequest)[]>({
  type: 'array',
  minItems: 1,
  maxItems: channelsMax,
  items: {
    anyOf: [channelName, channelAtDestination],
    description:
      'An entry is the name of a channel, or an object with channel and what it has of its own.',
  },
  description:
    'Several channels at once: one code, one guess budget, one delivery each. Excludes `channel` ' +
    'and `workflow`.',
});

const workflow = Type.Array(
  exactly({
    channel: channelName,
    timeoutSeconds: Type.Optional(Type.Integer({ minimum: 5, maximum: 600 })),
  }),
  {
    minItems: 1,
    maxItems: channelsMax,
    description: 'Channels in order, each with its time-out. Answers `not_available` for now.',
  },
);

export const variables = mapOf(
  Type.String({ maxLength: valueCharactersMax }),
  {
    pattern: variableNamePattern.source,
    inWords: 'A name begins with a letter and has at most 40 letters, digits or underscores.',
  },
  { maxProperties: variablesMax, description: 'What fills the other variables of the text.' },
);

export const startExample = {
  recipient: '+14155550123',
  purpose: 'login',
  reference: 'order-17',
} as const;

export const startBody = exactly(
  {
    recipient,
    channel: Type.Optional(channelName),
    channels: Type.Optional(channels),
    workflow: Type.Optional(workflow),
    purpose: Type.Optional(purpose),
    template: Type.Optional(templateName),
    text: Type.Optional(
      anyText(templateBounds.textCharactersMax, {
        description: 'The text itself, with `{{code}}` exactly once.',
        examples: ['{{code}} is your code'],
      }),
    ),
    language: Type.Optional(language),
    variables: Type.Optional(variables),
    code: Type.Optional(
      exactly({
        length: Type.Optional(
          Type.Integer({
            minimum: codeLengthMin,
            maximum: codeLengthMax,
            description: 'Below 6 only where the application allows short codes.',
          }),
        ),
        alphabet: Type.Optional(codeAlphabet),
      }),
    ),
    customCode: Type.Optional(
      shaped('^[A-Za-z0-9]{4,10}$', codeLengthMax, {
        description: 'A custom code is 4 to 10 letters or digits.',
      }),
    ),
    lifetimeSeconds: Type.Optional(
      Type.Integer({
        minimum: settingBounds.lifetimeSeconds.min,
        maximum: settingBounds.lifetimeSeconds.max,
        description: 'How long the code works. The application sets the longest.',
      }),
    ),
    checksMax: Type.Optional(
      Type.Integer({
        minimum: settingBounds.checksMax.min,
        maximum: settingBounds.checksMax.max,
        description: 'How many guesses are allowed.',
      }),
    ),
    sender: Type.Optional(
      line(16, { description: 'Who the message says it comes from.', examples: ['ACME'] }),
    ),
    callbackUrl: Type.Optional(
      line(2_048, {
        description: 'Is told when a verification ends. Public and https.',
        examples: ['https://example.com/verified'],
      }),
    ),
    reference: Type.Optional(reference),
    metadata: Type.Optional(metadata),
    country: Type.Optional(country),
    client: Type.Optional(client),
    transaction: Type.Optional(transaction),
    autofill: Type.Optional(
      exactly(
        {
          androidAppHash: Type.Optional(
            shaped('^[A-Za-z0-9+/]{11}$', 11, {
              description: 'An Android app’s hash has 11 letters, digits, plus signs or slashes.',
            }),
          ),
          webOrigin: Type.Optional(
            line(300, {
              description: 'https and a host name only.',
              examples: ['https://example.com'],
            }),
          ),
        },
        { description: 'Lets the phone fill the code in by itself.' },
      ),
    ),
  },
  { examples: [startExample] },
);
