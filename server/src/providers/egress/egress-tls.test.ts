import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { test } from 'node:test';
import { makeCertificate } from '../../../test/parts/aiosmtpd.ts';
import { partOrSkip } from '../../../test/parts/part.ts';
import { createEgress, type OriginSettings } from './egress.ts';

/** Asks, twice, a server with a certificate of its own making for localhost. */
async function ask(host: string, settings: (pem: string) => OriginSettings) {
  const search = makeCertificate();
  if (!search.ok) return { search, answer: null, connections: 0 };
  const { file, keyFile, remove } = search.part;
  const cert = readFileSync(file, 'utf8');
  const server = createServer({ cert, key: readFileSync(keyFile) }, (_, response) => {
    response.end('over TLS');
  });
  let connections = 0;
  server.on('secureConnection', () => {
    connections += 1;
  });
  await new Promise<void>((done) => server.listen(0, '0.0.0.0', done));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const egress = createEgress({ allow: ['127.0.0.0/8'] });
  const origin = egress.openOrigin(new URL(`https://${host}:${address.port}`), settings(cert));
  const signal = AbortSignal.timeout(10_000);
  const request = { method: 'GET', target: '/', headers: {}, body: null, signal } as const;
  await origin.request(request);
  const answer = await origin.request(request);
  await origin.close();
  server.close();
  remove();
  return { search, answer, connections };
}

test('a configured authority is trusted for the names it vouches for', async (context) => {
  const trust = (pem: string) => ({ certificateAuthority: pem });
  const { search, answer, connections } = await ask('localhost', trust);
  if (partOrSkip(context, search) === null) return;
  assert.equal(answer?.kind === 'answered' ? answer.body : answer?.reason, 'over TLS');
  assert.equal(connections, 1);
});

test('a certificate that nobody vouches for is not spoken to', async (context) => {
  const { search, answer } = await ask('localhost', () => ({}));
  if (partOrSkip(context, search) === null) return;
  assert.equal(answer?.kind, 'not_sent');
  assert.match(answer?.kind === 'not_sent' ? answer.reason : '', /no certificate that is trusted/);
});

test('a certificate for another name is not spoken to', async (context) => {
  const { search, answer } = await ask('127.0.0.2', (pem) => ({ certificateAuthority: pem }));
  if (partOrSkip(context, search) === null) return;
  assert.equal(answer?.kind, 'not_sent');
});
