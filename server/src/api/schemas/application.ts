import { type Static, type TProperties, Type } from 'typebox';
import { channelName, codeAlphabet, language, money, templateName } from '#api/schemas/shared.ts';
import { exactly, line, mapOf, moment, oneOf, orNull } from '#api/schemas/text.ts';
import { type ApplicationSettings, settingBounds } from '#domain/application.ts';
import { balanceMessagesMax } from '#domain/balance.ts';
import { codeLengthMax, codeLengthMin } from '#domain/code.ts';
import type { OwnSettings } from '#domain/facade-settings.ts';
import { limitBounds, type SendLimits } from '#domain/limits.ts';
import type { SecondStartRule } from '#domain/verification.ts';
import type { SettingsPatch } from '#service/service.ts';

/**
 * The settings of an application, as shown and as changed: the same fields, all of them in an
 * answer, any of them in a change. In a change `null` puts a setting back to the product's default,
 * which for some is to have none.
 */

const limitFields = Object.fromEntries(
  Object.entries(limitBounds).map(([name, { min, max }]) => [
    name,
    Type.Integer({ minimum: min, maximum: max }),
  ]),
) as Record<keyof SendLimits, ReturnType<typeof Type.Integer>>;

const codeFields = {
  alphabet: codeAlphabet,
  length: Type.Integer({ minimum: codeLengthMin, maximum: codeLengthMax }),
};

const lifetime = {
  minimum: settingBounds.lifetimeSeconds.min,
  maximum: settingBounds.lifetimeSeconds.max,
};

const capitalCountry = Type.String({
  pattern: '^[A-Z]{2}$',
  maxLength: 2,
  description: 'A country is an ISO 3166-1 code of two capital letters.',
});

const provider = line(64, { description: 'Name of a configured provider.' });

/** Every setting but the two groups, which a change may give in part. */
const settingFields = {
  template: orNull(templateName),
  sender: orNull(line(16, { description: 'Who messages say they come from.' })),
  language,
  channel: orNull(channelName),
  channels: Type.Array(channelName, {
    minItems: 1,
    maxItems: 5,
    uniqueItems: true,
    description: 'Channels that may be used.',
  }),
  allowShortCodes: Type.Boolean({ description: 'Allows codes of 4 and 5 characters.' }),
  lifetimeSeconds: orNull(
    Type.Integer({ ...lifetime, description: 'Null: 300 s, and 600 s for e-mail.' }),
  ),
  lifetimeSecondsMax: Type.Integer({
    ...lifetime,
    description: 'The longest a start may ask for.',
  }),
  checksMax: Type.Integer({
    minimum: settingBounds.checksMax.min,
    maximum: settingBounds.checksMax.max,
    description: 'Guesses that one verification allows.',
  }),
  secondStart: oneOf<SecondStartRule>(
    { supersede: true, reuse: true, redirect: true, reject: true },
    'What a start does while another one for the same recipient and purpose is pending.',
  ),
  resendCode: oneOf<ApplicationSettings['resendCode']>(
    { new: true, same: true },
    'Whether a resend carries a new code or the same one again.',
  ),
  sendsMax: Type.Integer({
    minimum: settingBounds.sendsMax.min,
    maximum: settingBounds.sendsMax.max,
    description: 'Sends that one verification may have, the first included.',
  }),
  resendWaitsSeconds: Type.Array(
    Type.Integer({
      minimum: settingBounds.resendWaitSeconds.min,
      maximum: settingBounds.resendWaitSeconds.max,
    }),
    {
      minItems: settingBounds.resendWaits.min,
      maxItems: settingBounds.resendWaits.max,
      description: 'Waiting times after the first send, the second and so on, in seconds.',
    },
  ),
  allowRepeatedCode: Type.Boolean({
    description: 'Lets a text of a request’s own show the code more than once.',
  }),
  allowLandlineTexts: Type.Boolean({
    description: 'Sends texts to numbers that are known as landlines.',
  }),
  callbackUrl: orNull(line(2_048, { description: 'Is told when a verification ends.' })),
  countries: Type.Unsafe<readonly string[] | 'all'>({
    anyOf: [
      { type: 'string', enum: ['all'] },
      { type: 'array', items: capitalCountry, maxItems: 250, uniqueItems: true },
    ],
    description: 'The countries that numbers may belong to: "all", or a list of ISO 3166-1 codes.',
  }),
  country: orNull(capitalCountry),
  dailyBudget: Type.Unsafe<Static<typeof money> | null>({
    ...money,
    type: ['object', 'null'],
    description: 'Most that may be spent in one UTC day; null sets no bound.',
  }),
  countryDailyBudgets: mapOf(
    money,
    { pattern: '^[A-Z]{2}$', inWords: 'A name is an ISO 3166-1 code of two capital letters.' },
    { maxProperties: 250, description: 'Budgets of one UTC day for numbers of one country.' },
  ),
  balance: Type.Unsafe<{ readonly messages: number } | null>({
    ...exactly({ messages: Type.Integer({ minimum: 0, maximum: balanceMessagesMax }) }),
    type: ['object', 'null'],
    description:
      'How many messages may still be handed over; null sets no bound. A change counts from ' +
      'its moment on.',
  }),
  providers: mapOf(
    Type.Array(provider, { minItems: 1, maxItems: 10 }),
    { pattern: '^(sms|email|voice|whatsapp|zalo)$', inWords: 'A name is a channel.' },
    { maxProperties: 5, description: 'Providers of a channel, in the order they are tried.' },
  ),
  proofLifetimeSeconds: Type.Integer({
    minimum: settingBounds.proofLifetimeSeconds.min,
    maximum: settingBounds.proofLifetimeSeconds.max,
    description: 'How long a proof is valid.',
  }),
  proofIncludesRecipient: Type.Boolean({ description: 'Puts the recipient into proofs.' }),
  transactionRequiredAtCheck: Type.Boolean({
    description: 'Refuses a check that does not repeat the transaction.',
  }),
};

// What a façade has of its own is read by itself: its fields are its vendor's, not ours.
const facadeFields = Type.Unsafe<OwnSettings>({ type: 'object', additionalProperties: true });
const facadeNames = { pattern: '^[a-z][a-z0-9]{0,31}$', inWords: 'A name is that of a façade.' };
const facadesOptions = {
  maxProperties: 20,
  description: 'What façades keep of their own; one that is not named has its defaults.',
};

const codeDescription = 'What codes are made of, and how long they are.';
const limitsDescription = 'How often one recipient or client address is served.';

/** A change: what is not named stays as it is. */
export const settingsPatch = Type.Unsafe<SettingsPatch>(
  exactly(
    optionalOrNull({
      ...settingFields,
      code: exactly(optional(codeFields), { description: codeDescription }),
      limits: exactly(optional(limitFields), { description: limitsDescription }),
      facades: mapOf(orNull(facadeFields), facadeNames, facadesOptions),
    }),
  ),
);

export const application = Type.Object({
  id: Type.String({ examples: ['app_0k3v9q6w0z1h4e7n2c5x8t0m3b6d9g2j5p8s1v4y'] }),
  name: Type.String({ description: 'As people know it; texts can show it.' }),
  createdAt: moment('When it was created.'),
  callbackSecret: Type.String({
    description: 'Callbacks are signed with it (Standard Webhooks). A secret: keep it on a server.',
  }),
  ...settingFields,
  code: Type.Object(codeFields, { description: codeDescription }),
  limits: Type.Object(limitFields, { description: limitsDescription }),
  facades: mapOf(facadeFields, facadeNames, facadesOptions),
});
export type ApplicationAnswer = Static<typeof application>;

function optional(fields: TProperties): TProperties {
  return Type.Partial(Type.Object(fields)).properties;
}

function optionalOrNull(fields: TProperties): TProperties {
  const entries = Object.entries(fields).map(([name, field]) => [name, orNull(field)]);
  return optional(Object.fromEntries(entries) as TProperties);
}
