import { type Static, Type } from 'typebox';
import { channelName, language, purpose, templateName } from '#api/schemas/shared.ts';
import { anyText, exactly, moment, oneOf, orNull, shaped } from '#api/schemas/text.ts';
import { type Template, templateBounds } from '#domain/template.ts';

/** Named texts. Only shapes are checked here; what a text may say is `domain/template.ts`. */

const state = oneOf<Template['state']>(
  { draft: true, approved: true },
  'Only an approved template is used.',
);
const prefix = shaped('^\\+[1-9][0-9]{0,14}$', 16, {
  description: 'A prefix is the beginning of a number, with its plus.',
  examples: ['+49'],
});
const subject = anyText(templateBounds.subjectCharactersMax, { description: 'E-mail only.' });
const text = anyText(templateBounds.textCharactersMax, {
  description: 'Has `{{code}}` exactly once.',
  examples: ['Your code is {{code}}'],
});
const html = anyText(templateBounds.htmlCharactersMax, { description: 'E-mail only.' });

const listBounds = {
  purposes: {
    maxItems: templateBounds.purposesMax,
    uniqueItems: true,
    description: 'Purposes it may be used for; empty means all.',
  },
  variants: { minItems: 1, maxItems: templateBounds.variantsMax },
};

export const templateExample = {
  state: 'approved',
  purposes: [],
  variants: [
    {
      channel: 'sms',
      language: 'en',
      prefix: null,
      subject: null,
      text: 'Your code is {{code}}',
      html: null,
    },
  ],
} as const;

export const templateBody = exactly(
  {
    state: Type.Optional(state),
    purposes: Type.Optional(Type.Array(purpose, listBounds.purposes)),
    variants: Type.Array(
      exactly({
        channel: channelName,
        language: Type.Optional(language),
        prefix: Type.Optional(prefix),
        subject: Type.Optional(subject),
        text,
        html: Type.Optional(html),
      }),
      listBounds.variants,
    ),
  },
  { examples: [templateExample] },
);

export const template = Type.Object({
  name: templateName,
  state,
  purposes: Type.Array(Type.String(), listBounds.purposes),
  variants: Type.Array(
    Type.Object({
      channel: channelName,
      language,
      prefix: orNull(prefix),
      subject: orNull(subject),
      text,
      html: orNull(html),
    }),
  ),
  updatedAt: moment('When it was saved.'),
});
export type TemplateAnswer = Static<typeof template>;
