import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { InjectOptions } from 'fastify';
import { bodyOf, type OpenedFacade, openFacade } from '#compat/facade.fixture.ts';
import { verifynow } from '#compat/verifynow/facade.ts';
import { sendPaths, tokenPath, validatePaths } from '#compat/verifynow/paths.ts';
import {
  type Envelope,
  mobileNumber,
  newVerifyNowClient,
  responseCodeOf,
  type VerifyNowClient,
} from '#compat/verifynow/verifynow.fixture.ts';
import { StorageUnavailable } from '#service/ports.ts';
import { wrong } from '#service/service.fixture.ts';

let opened: OpenedFacade;
let client: VerifyNowClient;
before(async () => {
  opened = await openFacade(verifynow);
  client = await newVerifyNowClient(opened);
});
after(() => opened.end());

const names = [
  ...['customerId', 'key', 'scope', 'countryCode', 'mobileNumber', 'flowType', 'otpLength'],
  ...['verificationId', 'code', 'langId', '__proto__', 'constructor', ''],
];
const values = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('91', mobileNumber, 'SMS', '6', '9'.repeat(400), '../', "' OR 1=1 --", '\0'),
  fc.double(),
  fc.constantFrom(null, true, [], {}, [[1]], { toString: 1 }),
);
const parameters = fc.dictionary(fc.constantFrom(...names), values);
const paths = [tokenPath, ...Object.values(sendPaths), ...Object.values(validatePaths)];
const methods = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'] as const;
const types = ['application/json', 'application/x-www-form-urlencoded', 'text/xml', 'multipart/x'];

test('no request whatsoever is answered with a 5xx, or with an error of ours', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        method: fc.constantFrom(...methods),
        path: fc.constantFrom(...paths),
        query: parameters,
        body: fc.oneof(
          parameters.map((all) => JSON.stringify(all)),
          fc.string({ unit: 'binary' }),
        ),
        type: fc.constantFrom(...types),
        token: fc.oneof(fc.constant(client.token), fc.stringMatching(/^[ -~]{0,60}$/)),
      }),
      async ({ method, path, query, body, type, token }) => {
        const pairs = Object.entries(query).map(([name, value]): [string, string] => [
          name,
          String(typeof value === 'object' ? JSON.stringify(value) : value).toWellFormed(),
        ]);
        const request: InjectOptions = {
          method,
          url: `${path}?${new URLSearchParams(pairs)}`,
          headers: { authToken: token, 'content-type': type },
          ...(method === 'POST' || method === 'PUT' ? { payload: body } : {}),
        };
        const answer = await opened.app.inject(request);
        assert.ok(answer.statusCode < 500, `${answer.statusCode} ${answer.body}`);
        if (answer.body === '') return;
        const said = Object.keys(bodyOf(answer));
        assert.ok(said.includes('responseCode') || said.includes('status'), answer.body);
        assert.ok(!said.includes('requestId'), answer.body);
      },
    ),
    { numRuns: 300 },
  );
});

test('what is missing because the body cannot be read is told with that', async () => {
  const note = 'The body is no JSON and no form, so only the query was read.';
  for (const [url, missing] of [
    [sendPaths.v3, 'flowType is missing. Give SMS or WHATSAPP.'],
    [validatePaths.v3, 'verificationId is missing.'],
  ] as const) {
    for (const [payload, sentence] of [
      ['{"flowType": "SMS",', `${missing} ${note}`],
      ['{}', missing],
      ['', missing],
    ] as const) {
      const headers = { authToken: client.token, 'content-type': 'application/json' };
      const answer = await opened.app.inject({ method: 'POST', url, headers, payload });
      assert.equal(bodyOf<Envelope>(answer).data?.['errorMessage'], sentence);
    }
  }
});

test('a HEAD of a call by GET checks nothing', async () => {
  const own = await newVerifyNowClient(opened);
  const { id, verificationId, code } = await own.sendsCode();
  for (const typed of [wrong(code), code]) {
    const answer = await opened.app.inject({
      method: 'HEAD',
      url: `${validatePaths.v3}?${new URLSearchParams({ verificationId, code: typed })}`,
      headers: { authToken: own.token },
    });
    assert.deepEqual([answer.statusCode, answer.headers.allow], [405, 'GET, POST, OPTIONS']);
  }
  assert.equal(opened.comparisons(id), 0);
  assert.equal(responseCodeOf(await own.validate({ verificationId, code })), 200);
});

test('neither number, code nor token of a call is in the log', async () => {
  const own = await newVerifyNowClient(opened);
  const before = opened.lines.length;
  const { verificationId, code } = await own.sendsCode('9876543299');
  await own.validate({ verificationId, code, mobileNumber: '9876543299' });
  const lines = opened.lines.slice(before);
  assert.equal(lines.length, 2);
  for (const secret of ['9876543299', `code=${code}`, own.token, verificationId]) {
    assert.ok(!lines.some((line) => line.includes(secret)), secret);
  }
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).route),
    [sendPaths.v3, validatePaths.v3],
  );
});

test('a token ends with the credentials it was given for', async () => {
  const own = await newVerifyNowClient(opened);
  assert.equal((await own.send()).statusCode, 200);
  await opened.service.revokeCredential('verifynow', own.credentialId);
  const answer = await own.send();
  assert.equal(answer.statusCode, 401);
  assert.equal(answer.headers['www-authenticate'], 'authToken');
});

test('a storage that is away is HTTP 503 and the vendor’s 500', async () => {
  const away = await openFacade(verifynow, {
    around: (storage) => ({
      ...storage,
      startVerification: () => Promise.reject(new StorageUnavailable('away')),
      consumeGuess: () => Promise.reject(new StorageUnavailable('away')),
    }),
  });
  try {
    const own = await newVerifyNowClient(away);
    const sent = await own.send();
    assert.deepEqual([sent.statusCode, sent.headers['retry-after']], [503, '2']);
    assert.deepEqual(bodyOf<Envelope>(sent), { responseCode: 500, message: 'SERVER_ERROR' });
    assert.equal(responseCodeOf(await own.validate({ verificationId: '20', code: '1' })), 505);
  } finally {
    await away.end();
  }
});
