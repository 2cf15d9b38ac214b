import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastify from 'fastify';
import { compileLate } from '#api/compile-late.ts';
import type { PhoneOptions } from '#api/phone/phone-options.ts';
import { createPhoneRoutes } from '#api/phone/routes.ts';
import { type ApiContext, mountRoutes, type Route } from '#api/route.ts';
import { apiRoutes, sandboxRoutes } from '#api/routes/index.ts';
import { schemaOptions } from '#api/schema-options.ts';

/** Fastify's own way, the phone's schemas among them: all compiled before the server is ready. */
async function compileAll(routes: readonly Route[]): Promise<void> {
  const app = fastify({ ajv: { customOptions: schemaOptions } });
  mountRoutes(app, routes, {} as ApiContext, async () => undefined);
  app.register(createPhoneRoutes({} as PhoneOptions));
  await app.ready();
  await app.close();
}

test('the schemas of every route compile, which a start does not find out', async () => {
  const routes = [...apiRoutes, ...sandboxRoutes];
  await compileAll(routes);
  const [route] = routes;
  assert.ok(route);
  const unusable = { ...route, query: { type: 'object', properties: {}, minimun: 1 } };
  await assert.rejects(compileAll([unusable]), /minimun/);
});

const object = { type: 'object', properties: { a: { type: 'string' } } } as const;
const queries: readonly [name: string, schema: object, status: number][] = [
  ['nothing', { ...object, additionalProperties: false }, 200],
  ['a parameter', { ...object, required: ['a'] }, 400],
  ['any one parameter', { ...object, minProperties: 1 }, 400],
  ['one of several', { ...object, anyOf: [{ required: ['a'] }] }, 400],
  ['exactly one of several', { ...object, oneOf: [{ required: ['a'] }] }, 400],
  ['all of several', { ...object, allOf: [{ required: ['a'] }] }, 400],
  ['not to be empty', { ...object, not: { maxProperties: 0 } }, 400],
];
for (const [name, querystring, status] of queries) {
  test(`an empty query where the schema demands ${name} is answered ${status}`, async () => {
    const app = fastify({ schemaController: compileLate() });
    app.get('/', { schema: { querystring } }, async () => 'ok');
    assert.equal((await app.inject('/')).statusCode, status);
    assert.equal((await app.inject('/?a=b')).statusCode, 200);
    await app.close();
  });
}
