import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type as TypeBox } from 'typebox';
import { type SchemaWords, Type } from './build-schema.ts';

/** The same schema from both makers; what TypeBox hides from JSON is left out. */
type Maker = Pick<typeof TypeBox, SchemaWords>;
const forms: Readonly<Record<SchemaWords, (make: Maker) => unknown>> = {
  Array: (make) => make.Array(make.String(), { maxItems: 3 }),
  Boolean: (make) => make.Boolean({ description: 'a' }),
  Enum: (make) => make.Enum(['a', 'b'], { description: 'a' }),
  Integer: (make) => make.Integer({ minimum: 1 }),
  Literal: (make) => [make.Literal('a'), make.Literal(1), make.Literal(true, { title: 'a' })],
  Number: (make) => make.Number(),
  Object: (make) => [
    make.Object({}),
    make.Object({ a: make.String(), b: make.Integer() }, { additionalProperties: false }),
    make.Object({ a: make.Object({ b: make.Optional(make.String()) }) }),
  ],
  Optional: (make) => {
    const reused = make.String({ pattern: 'a' });
    return make.Object({ a: make.Optional(reused), b: reused });
  },
  Partial: (make) => [
    make.Partial(make.Object({ a: make.String(), b: make.Optional(make.Boolean()) })),
    make.Object(make.Partial(make.Object({ a: make.String() })).properties),
  ],
  Record: (make) => [
    make.Record(make.String(), make.Boolean()),
    make.Record(make.String({ pattern: '^[a-z]+$' }), make.String(), { maxProperties: 2 }),
  ],
  String: (make) => make.String({ minLength: 1, format: 'date-time' }),
  Union: (make) => make.Union([make.String(), make.Integer()], { description: 'a' }),
  Unknown: (make) => make.Unknown({ description: 'a' }),
  Unsafe: (make) =>
    make.Object({ a: make.Unsafe({ type: ['string', 'null'] }), b: make.Unsafe({}) }),
};

for (const [word, form] of Object.entries(forms)) {
  test(`${word} makes the schema that TypeBox makes`, () => {
    assert.equal(JSON.stringify(form(Type)), JSON.stringify(form(TypeBox)));
  });
}
