import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { application, publicUrl } from '#api/app.fixture.ts';
import { createApp } from '#api/app.ts';
import type { Service } from '#service/service.ts';

/** Whose address a request comes from, and what a forged one changes (security.md, D-04, I-05). */
function openBehind(trustedHops: number) {
  const service: Partial<Service> = { authenticate: async () => application };
  return createApp({
    service: service as Service,
    sandbox: null,
    publicUrl,
    trustedHops,
    logger: pino({ level: 'silent' }),
    version: '1.2.3',
    plugins: [
      async (app) => {
        app.get('/address', async ({ ip }) => ({ ip }));
      },
    ],
  });
}

const socket = '192.0.2.1';
const fifty = Array.from({ length: 50 }, (_, hop) => `198.51.100.${hop}`);

/** With so many hops a request with these headers comes from the address. */
const requests: readonly (readonly [
  name: string,
  hops: number,
  headers: Record<string, string>,
  address: string,
])[] = [
  ['nothing forwarded', 0, {}, socket],
  ['a forged address and no proxy', 0, { 'x-forwarded-for': '1.2.3.4' }, socket],
  ['fifty forged ones and no proxy', 0, { 'x-forwarded-for': fifty.join(', ') }, socket],
  ['nothing forwarded by the proxy', 1, {}, socket],
  ['one proxy', 1, { 'x-forwarded-for': '203.0.113.9' }, '203.0.113.9'],
  [
    'one proxy and a forged address in front',
    1,
    { 'x-forwarded-for': '1.2.3.4, 203.0.113.9' },
    '203.0.113.9',
  ],
  [
    'one proxy and a forged loopback in front',
    1,
    { 'x-forwarded-for': '127.0.0.1,203.0.113.9' },
    '203.0.113.9',
  ],
  [
    'two proxies and a forged address in front',
    2,
    { 'x-forwarded-for': '1.2.3.4, 203.0.113.9, 192.0.2.2' },
    '203.0.113.9',
  ],
  [
    'fifty hops and one proxy',
    1,
    { 'x-forwarded-for': [...fifty, '203.0.113.9'].join(', ') },
    '203.0.113.9',
  ],
  [
    'headers that no proxy of ours writes',
    1,
    {
      'x-forwarded-for': '203.0.113.9',
      'x-real-ip': '1.2.3.4',
      forwarded: 'for=1.2.3.5',
      'x-client-ip': '1.2.3.6',
      'true-client-ip': '1.2.3.7',
      'cf-connecting-ip': '1.2.3.8',
    },
    '203.0.113.9',
  ],
  ['other headers alone', 1, { 'x-real-ip': '1.2.3.4', forwarded: 'for=1.2.3.5' }, socket],
];

for (const [name, hops, headers, address] of requests) {
  test(`the address is counted from the socket: ${name}`, async () => {
    const app = openBehind(hops);
    const answer = await app.inject({ url: '/address', headers, remoteAddress: socket });
    assert.deepEqual(answer.json(), { ip: address });
  });
}

test('what a proxy writes wrong is no address, and nothing breaks', async () => {
  const app = openBehind(1);
  const values = [
    '',
    ',',
    'unknown',
    '203.0.113.9:1234',
    'fe80::1%eth0',
    '[::1]',
    `${'1'.repeat(5_000)}`,
  ];
  for (const value of values) {
    const headers = { 'x-forwarded-for': value };
    const answer = await app.inject({ url: '/address', headers, remoteAddress: socket });
    assert.equal(answer.statusCode, 200, value.slice(0, 20));
    assert.ok(answer.body.length < 8_000);
  }
});

for (const hops of [0, 1]) {
  test(`no answer repeats a host that a caller claims, with ${hops} trusted`, async () => {
    const app = openBehind(hops);
    const headers = {
      authorization: 'Bearer wk_0123456789abcdef',
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'javascript',
      'x-original-url': 'https://evil.example/',
      forwarded: 'host=evil.example',
    };
    for (const url of ['/v1/openapi.json', '/v1/nothing', '/docs', '/v1/verifications?limit=0']) {
      const answer = await app.inject({ url, headers });
      const shown = answer.body + JSON.stringify(answer.headers);
      assert.ok(!/evil\.example|javascript:\/\//.test(shown), url);
    }
    const problem = await app.inject({ url: '/v1/nothing', headers });
    assert.ok(problem.json().type.startsWith(`${publicUrl}/`));
  });
}
