import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import Schema from 'typebox/schema';
import { approvedView, pendingView } from '#api/app.fixture.ts';
import { type ErrorCode, errorTable } from '#api/errors.ts';
import { describeApi, errorCodesOf, type JsonObject } from '#api/openapi.ts';
import { presentVerdict, presentVerification, presentWithHistory } from '#api/present.ts';
import { apiRoutes, sandboxRoutes } from '#api/routes/index.ts';
import { openapiText } from '#api/write-openapi.ts';

const routes = [...apiRoutes, ...sandboxRoutes];
const document = describeApi(routes, { publicUrl: 'http://127.0.0.1:8080', version: '0.1.0' });

test('server/openapi.json is up to date', () => {
  const kept = readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8');
  assert.ok(
    kept === openapiText(),
    'openapi.json is stale. Run: node server/src/api/write-openapi.ts',
  );
});

test('every call is described under a name of its own', () => {
  const names = routes.map(({ operationId }) => operationId);
  assert.equal(new Set(names).size, names.length);
  for (const { path, method, operationId } of routes) {
    assert.equal(document.paths[path]?.[method.toLowerCase()]?.operationId, operationId);
  }
});

test('every parameter of a path is described', () => {
  for (const { path, pathParameters = {} } of routes) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    assert.deepEqual(Object.keys(pathParameters), inPath, path);
  }
});

test('every error of every call is described under its status', () => {
  for (const route of routes) {
    const { responses } = document.paths[route.path]?.[route.method.toLowerCase()] ?? {};
    const described: string[] = [];
    for (const [status, answer] of Object.entries(responses ?? {})) {
      const shared = '$ref' in answer ? answer.$ref.split('/').at(-1) : undefined;
      const whole = shared === undefined ? answer : document.components.responses[shared];
      const text = JSON.stringify(whole);
      const codes = Object.keys(errorTable).filter((code) => text.includes(`"${code}"`));
      for (const code of codes as ErrorCode[]) {
        const { status: own, statusOfField } = errorTable[code];
        assert.ok([own, statusOfField].includes(Number(status)), `${code} under ${status}`);
      }
      described.push(...codes);
    }
    assert.deepEqual(described.sort(), errorCodesOf(route).sort(), route.operationId);
  }
});

test('links lead to calls that there are', () => {
  const names = new Set(routes.map(({ operationId }) => operationId));
  for (const { leadsTo = [] } of routes) {
    for (const name of leadsTo) assert.ok(names.has(name), name);
  }
});

test('references lead to what there is', () => {
  const text = JSON.stringify(document);
  for (const [, kind = '', name = ''] of text.matchAll(/"#\/components\/(\w+)\/([\w-]+)"/g)) {
    const components = document.components as unknown as Record<string, JsonObject>;
    assert.ok(components[kind]?.[name] !== undefined, `${kind}/${name}`);
  }
});

/** A schema of the description as a validator, its references put in. */
function accepts(schema: JsonObject, value: unknown): boolean {
  const text = JSON.stringify(schema).replaceAll('#/components/schemas/', '#/$defs/');
  const whole = { ...JSON.parse(text), $defs: document.components.schemas };
  return Schema.Check(whole, value);
}

test('every example fits its own schema, and null for an optional field too', () => {
  let examples = 0;
  for (const { path, method } of routes) {
    const body = document.paths[path]?.[method.toLowerCase()]?.requestBody;
    const described = body?.content['application/json'];
    if (described?.example === undefined) continue;
    examples += 1;
    assert.ok(accepts(described.schema, described.example), `${method} ${path}`);
  }
  assert.ok(examples > 5);
  const start = document.paths['/v1/verifications']?.['post']?.requestBody?.content;
  const { schema } = start?.['application/json'] ?? {};
  assert.ok(schema !== undefined);
  assert.ok(accepts(schema, { recipient: 'x', country: null, metadata: { k: null } }));
  assert.ok(!accepts(schema, { recipient: null }));
  assert.ok(!accepts(schema, { recipient: 'x', more: 1 }));
});

test('what is answered fits what is described', () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['Verification', presentVerification(pendingView)],
    ['Verification', presentVerification({ ...pendingView, metadata: null, reference: null })],
    ['VerificationWithHistory', presentWithHistory(pendingView)],
    ['Verdict', presentVerdict(approvedView)],
    [
      'Verdict',
      presentVerdict({ ...approvedView, approved: false, reason: 'expired', proof: null }),
    ],
  ];
  for (const [name, value] of cases) {
    assert.ok(accepts({ $ref: `#/components/schemas/${name}` }, value), name);
  }
});

test('every string that a caller sends has a bound', () => {
  const unbounded: string[] = [];
  function look(schema: unknown, place: string): void {
    if (typeof schema !== 'object' || schema === null) return;
    const { type, enum: names, maxLength } = schema as Record<string, unknown>;
    const isText = [type].flat().includes('string');
    if (isText && names === undefined && maxLength === undefined) unbounded.push(place);
    for (const [name, inner] of Object.entries(schema)) look(inner, `${place}/${name}`);
  }
  for (const { operationId, body, query } of routes) {
    look(body, operationId);
    look(query, operationId);
  }
  assert.deepEqual(unbounded, []);
});
