import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as jose from 'jose';
import { bodyOf, type OpenedFacade, openFacade } from '#compat/facade.fixture.ts';
import { credentials } from '#compat/verifynow/credentials.ts';
import { verifynow } from '#compat/verifynow/facade.ts';
import { refusalOf, take } from '#service/service.fixture.ts';

const tokenPath = '/auth/v1/authentication/token';

let opened: OpenedFacade;
before(async () => {
  opened = await openFacade(verifynow);
});
after(() => opened.end());

function tokenUrl(query: Readonly<Record<string, string>>, prefix = ''): string {
  return `${prefix}${tokenPath}?${new URLSearchParams(query)}`;
}

describe('the token call', () => {
  test('gives a JWT of HS512 that names the customer and lives seven days', async () => {
    const { shown, caller } = await opened.newClient();
    const answer = await opened.app.inject(tokenUrl(shown));
    assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8');
    const { token } = bodyOf<{ token: string }>(answer);
    assert.equal(jose.decodeProtectedHeader(token).alg, 'HS512');
    const { sub, iat = 0, exp } = jose.decodeJwt(token);
    assert.equal(sub, shown['customerId']);
    assert.equal(exp, iat + 604_800);
    const read = await opened.service.readToken('verifynow', token);
    assert.equal(read.kind === 'valid' && read.application.id, caller.application.id);
    assert.equal(read.kind === 'valid' && read.scope, 'NEW');
  });

  test('takes the names of a client that keeps what it has, password and all', async () => {
    const { application } = await opened.newCaller();
    const options = { customerId: 'C-0a1B2c3D4e', password: 'pässwörd?>~ with a plus' };
    const made = await opened.service.createCredential(application.id, 'verifynow', options);
    const { customerId = '', key = '' } = take(made).shown;
    assert.equal(customerId, options.customerId);
    for (const spelled of [key, key.replace(/=+$/, ''), key.replaceAll('+', ' ')]) {
      const answer = await opened.app.inject(tokenUrl({ customerId, key: spelled }));
      assert.equal(bodyOf(answer)['status'], 200, spelled);
    }
  });

  test('gives tokens for as long as the operator allows', async () => {
    const dashboardSeconds = 1_825 * 86_400;
    const { shown } = await opened.newClient({}, { tokenLifetimeSeconds: dashboardSeconds });
    const { token } = bodyOf<{ token: string }>(await opened.app.inject(tokenUrl(shown)));
    const { iat = 0, exp } = jose.decodeJwt(token);
    assert.equal(exp, iat + dashboardSeconds);
  });

  test('is refused once the credentials are revoked', async () => {
    const { shown, credentialId } = await opened.newClient();
    assert.equal(bodyOf(await opened.app.inject(tokenUrl(shown)))['status'], 200);
    take(await opened.service.revokeCredential('verifynow', credentialId));
    assert.equal(bodyOf(await opened.app.inject(tokenUrl(shown)))['status'], 400);
  });

  test('leaves neither the key nor the customer in the log', async () => {
    const { shown, caller } = await opened.newClient();
    const before = opened.lines.length;
    await opened.app.inject(tokenUrl(shown));
    await opened.app.inject(tokenUrl({ ...shown, key: 'd3Jvbmc=' }));
    const lines = opened.lines.slice(before);
    assert.equal(lines.length, 2);
    for (const secret of [shown['key'] ?? '', shown['customerId'] ?? '', 'd3Jvbmc=']) {
      assert.ok(!lines.some((line) => line.includes(secret)));
    }
    assert.equal(JSON.parse(lines[0] ?? '').applicationId, caller.application.id);
    assert.equal(JSON.parse(lines[0] ?? '').route, tokenPath);
  });
});

describe('what is wrong with a request as a whole is said in the vendor’s way', () => {
  const faults = [
    ['another method', { method: 'PUT', url: tokenPath }, 405],
    ['an unknown call', { method: 'GET', url: '/compat/verifynow/unknown' }, 404],
    ['an unknown version', { method: 'GET', url: '/verification/v4/send' }, 404],
    ['a send by GET', { method: 'GET', url: '/verification/v3/send' }, 405],
    [
      'a packed body',
      { method: 'POST', url: tokenPath, headers: { 'content-encoding': 'gzip' } },
      415,
    ],
    ['a large body', { method: 'POST', url: tokenPath, payload: { key: 'x'.repeat(20_000) } }, 413],
    [
      'two of one header',
      {
        method: 'GET',
        url: tokenPath,
        headers: { authorization: ['a', 'b'] as unknown as string },
      },
      400,
    ],
  ] as const;
  for (const [name, request, status] of faults) {
    test(`${name} is HTTP ${status}`, async () => {
      const answer = await opened.app.inject(request as { method: 'GET'; url: string });
      assert.equal(answer.statusCode, status);
      const body = bodyOf(answer);
      if (request.url === tokenPath) {
        assert.deepEqual(Object.keys(body), ['status', 'error']);
        assert.equal(body['status'], status);
      } else {
        assert.deepEqual(body, { responseCode: 400, message: 'BAD_REQUEST' });
      }
    });
  }

  test('the vendor’s errors reach no other door, and ours no call of the vendor', async () => {
    const ours = await opened.app.inject({ method: 'POST', url: '/v1/verifications' });
    assert.equal(bodyOf(ours)['code'], 'unauthenticated');
    const unknown = await opened.app.inject('/unknown');
    assert.equal(bodyOf(unknown)['code'], 'route_not_found');
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const refused = await opened.app.inject({
      method: 'POST',
      url: '/v1/verifications',
      headers: form,
      payload: 'a=b',
    });
    assert.notEqual(refused.statusCode, 200);
  });
});

describe('credentials', () => {
  test('are made anew each time, and lead back from what was shown', () => {
    const [first, second] = [take(credentials.make({})), take(credentials.make({}))];
    assert.notEqual(first.publicId, second.publicId);
    assert.match(first.publicId, /^C-[0-9A-F]{16}$/);
    assert.match(first.shown['key'] ?? '', /^[A-Za-z0-9]{32}$/);
    const presented = credentials.present(first.shown);
    assert.equal(presented?.publicId, first.publicId);
    assert.equal(presented?.secrets['password'], first.secrets['password']?.value);
    assert.equal(first.secrets['password']?.kind, 'random');
    for (const shown of [{}, { customerId: first.publicId }, { ...first.shown, key: 7 }]) {
      assert.equal(credentials.present(shown), null);
    }
  });

  test('refuse names that no client of the vendor has', () => {
    const wrong = [
      [{ customerId: 'ana' }, '/customerId'],
      [{ customerId: 7 }, '/customerId'],
      [{ password: 'short' }, '/password'],
      [{ password: 'x'.repeat(201) }, '/password'],
      [{ password: null }, '/password'],
      [{ tokenLifetimeSeconds: 59 }, '/tokenLifetimeSeconds'],
      [{ tokenLifetimeSeconds: 157_680_001 }, '/tokenLifetimeSeconds'],
      [{ tokenLifetimeSeconds: '604800' }, '/tokenLifetimeSeconds'],
      [{ key: 'x' }, '/key'],
    ] as const;
    for (const [options, pointer] of wrong) {
      assert.equal(refusalOf(credentials.make(options)).pointer, pointer);
    }
    assert.equal(
      take(credentials.make({ password: 'chosen password' })).secrets['password']?.kind,
      'chosen',
    );
  });
});

test('the façade has no settings of its own', async () => {
  const { caller } = await opened.newClient();
  const change = (facades: unknown) =>
    opened.service.changeSettings(caller.application.id, { facades });
  assert.deepEqual(take(await change({ verifynow: {} })).settings.facades, { verifynow: {} });
  const refused = refusalOf(await change({ verifynow: { pinLength: 4 } }));
  assert.equal(refused.pointer, '/facades/verifynow/pinLength');
  assert.equal(refusalOf(await change({ smscx: {} })).pointer, '/facades/smscx');
});
