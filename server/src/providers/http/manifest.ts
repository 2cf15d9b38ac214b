import Type, { type Static } from 'typebox';
import { priceSchema } from '../price.ts';
import { secretSchema } from '../secret.ts';

/**
 * The language of a manifest: how one gateway is spoken to over HTTP, as data. Texts are templates
 * over the message (`template.ts` lists the names); where a value stands decides how it is encoded,
 * so an author never encodes anything. docs/guides/add-a-gateway.md explains every key.
 */

const scalar = Type.Union([Type.String(), Type.Number(), Type.Boolean()], {
  description: 'a text, a number, true or false',
});

/** One of several values, chosen by what a template comes to: `{"choose": …, "cases": {…}}`. */
export const choiceSchema = Type.Object(
  {
    choose: Type.String(),
    cases: Type.Record(Type.String(), scalar),
    otherwise: Type.Optional(scalar),
  },
  { additionalProperties: false },
);

const value = Type.Union([scalar, choiceSchema], {
  description: 'a text, a number, true, false, or a choice {"choose", "cases", "otherwise"}',
});
const values = Type.Record(Type.String(), value);

const status = Type.Union(
  [Type.Integer({ minimum: 200, maximum: 599 }), Type.String({ pattern: '^[245]xx$' })],
  { description: 'a status from 200 to 599, or "2xx", "4xx" or "5xx"' },
);
const statuses = Type.Array(status, { minItems: 1, maxItems: 50 });

const pointer = Type.String({
  pattern: '^(/[^/]{1,100}){1,10}$',
  description: 'a JSON pointer such as "/messages/0/id"',
});

/** One condition on the answer's body; without a pointer it looks at the body as text. */
export const bodyRuleSchema = Type.Object(
  {
    pointer: Type.Optional(pointer),
    equals: Type.Optional(scalar),
    oneOf: Type.Optional(Type.Array(scalar, { minItems: 1, maxItems: 100 })),
    exists: Type.Optional(Type.Boolean()),
    contains: Type.Optional(Type.String({ minLength: 1 })),
  },
  { additionalProperties: false },
);
const bodyRules = Type.Array(bodyRuleSchema, { minItems: 1, maxItems: 20 });

const answerRuleSchema = Type.Object(
  { status: Type.Optional(statuses), body: Type.Optional(bodyRules) },
  { additionalProperties: false },
);

const name = Type.String({
  pattern: '^[A-Za-z][A-Za-z0-9]{0,63}$',
});
const exact = { additionalProperties: false } as const;

export const channelSchema = Type.Enum(['sms', 'email', 'voice', 'whatsapp', 'zalo']);

export const manifestSchema = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z0-9][a-z0-9-]{0,63}$',
      description: 'a name of small letters, digits and dashes',
    }),
    /** One sentence for people, and where the vendor describes its API. */
    description: Type.Optional(Type.String({ maxLength: 300 })),
    documentation: Type.Optional(Type.String({ maxLength: 500 })),
    channels: Type.Array(channelSchema, { minItems: 1 }),
    /** The beginnings of the numbers that the gateway serves; all of them when left out. */
    destinations: Type.Optional(
      Type.Array(Type.String({ pattern: '^\\+[1-9][0-9]{0,9}$' }), { minItems: 1, maxItems: 300 }),
    ),
    method: Type.Enum(['GET', 'POST', 'PUT']),
    url: Type.Optional(Type.String()),
    query: Type.Optional(values),
    headers: Type.Optional(values),
    authorization: Type.Optional(
      Type.Union(
        [
          Type.Object(
            { basic: Type.Object({ user: Type.String(), password: Type.String() }, exact) },
            exact,
          ),
          Type.Object({ bearer: Type.String() }, exact),
        ],
        { description: '{"basic": {"user", "password"}} or {"bearer": "…"}' },
      ),
    ),
    body: Type.Optional(
      Type.Union(
        [
          Type.Object({ type: Type.Literal('json'), content: Type.Unknown() }, exact),
          Type.Object({ type: Type.Enum(['form', 'multipart']), content: values }, exact),
          Type.Object({ type: Type.Literal('none') }, exact),
        ],
        {
          description:
            '{"type": "json" or "form" or "multipart", "content": {…}} or {"type": "none"}',
        },
      ),
    ),
    /** Signs the body as Standard Webhooks 1.0 says, with the secret of that name, if it is set. */
    signature: Type.Optional(
      Type.Object({ scheme: Type.Literal('standard-webhooks'), secret: name }, exact),
    ),
    parameters: Type.Optional(
      Type.Record(
        name,
        Type.Object(
          {
            description: Type.Optional(Type.String({ maxLength: 300 })),
            default: Type.Optional(Type.String()),
            oneOf: Type.Optional(Type.Array(Type.String(), { minItems: 1, maxItems: 50 })),
            isOptional: Type.Optional(Type.Boolean()),
          },
          exact,
        ),
        exact,
      ),
    ),
    secrets: Type.Optional(
      Type.Record(
        name,
        Type.Union(
          [
            secretSchema,
            Type.Object({ env: Type.String({ minLength: 1 }), isOptional: Type.Boolean() }, exact),
          ],
          { description: '{"env": "NAME"}, or {"env": "NAME", "isOptional": true}' },
        ),
        exact,
      ),
    ),
    success: Type.Optional(answerRuleSchema),
    messageId: Type.Optional(
      Type.Union(
        [
          Type.Object({ pointer }, exact),
          Type.Object({ header: Type.String({ pattern: '^[A-Za-z0-9-]{1,64}$' }) }, exact),
          Type.Object({ after: Type.String({ minLength: 1, maxLength: 100 }) }, exact),
        ],
        { description: '{"pointer": "/…"}, {"header": "…"} or {"after": "…"}' },
      ),
    ),
    retry: Type.Optional(Type.Array(answerRuleSchema, { maxItems: 20 })),
    errorCode: Type.Optional(pointer),
    errorMessage: Type.Optional(pointer),
    price: Type.Optional(priceSchema),
    timeoutMs: Type.Optional(Type.Integer({ minimum: 100, maximum: 60_000 })),
    concurrencyMax: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
  },
  exact,
);

export type Manifest = Static<typeof manifestSchema>;
export type ManifestValue = Static<typeof value>;
export type BodyRule = Static<typeof bodyRuleSchema>;
export type AnswerRule = Static<typeof answerRuleSchema>;
export type Scalar = Static<typeof scalar>;
