import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { matchBody } from '#compat/exchanges.fixture.ts';
import { type OpenedFacade, openFacade } from '#compat/facade.fixture.ts';
import { smscx } from '#compat/smscx/facade.ts';
import { newOtpClient } from '#compat/smscx/smscx.fixture.ts';
import { createTestProvider, wrong } from '#service/service.fixture.ts';

/** The client's own server, on this machine. */
const told: { headers: IncomingHttpHeaders; body: string }[] = [];
let answerStatus = 204;
const server = createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  told.push({ headers: request.headers, body });
  response.writeHead(answerStatus).end();
});

let opened: OpenedFacade;
let callbackUrl: string;
before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const door = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  callbackUrl = `http://${door}/otp`;
  const price = { amount: '0.05', currency: 'USD' };
  const providers = [createTestProvider({ price })];
  opened = await openFacade(smscx, { allow: [door], providers });
});
beforeEach(() => {
  told.length = 0;
  answerStatus = 204;
});
after(async () => {
  await opened.end();
  server.closeAllConnections();
  server.close();
});

test('an OTP that verifies is told as recorded', async () => {
  const client = await newOtpClient(opened);
  const { otpId, dateCreated, dateExpires } = await client.create({ otpCallbackUrl: callbackUrl });
  const pin = await client.pinOf(otpId);
  await client.verify(otpId, wrong(pin));
  await opened.maintenance.settleEverything();
  assert.equal(told.length, 0, 'a wrong PIN changes no status');
  await client.verify(otpId, pin);
  await opened.maintenance.settleEverything();
  assert.equal(told.length, 1);
  const { headers, body } = told[0] ?? { headers: {}, body: '' };
  const recorded = new URL('./exchanges/callback.json', import.meta.url);
  const values = new Map(Object.entries({ otpId, dateCreated, dateExpires, callbackUrl }));
  matchBody(JSON.parse(body), JSON.parse(readFileSync(recorded, 'utf8')).body, values, 'callback');
  assert.equal(headers['content-type'], 'application/json');
  assert.match(String(headers['webhook-signature']), /^v1,/);
  assert.ok(!body.includes(pin));
  assert.deepEqual(JSON.parse(body).data, [await client.read(otpId)]);
});

test('every change of status is told, by default to the URL of the settings', async () => {
  const client = await newOtpClient(opened, { otpCallback: callbackUrl, ttl: 60, maxAttempts: 1 });
  const cancelled = await client.create({ phoneNumber: '+33612424101' });
  await client.call('DELETE', `/otp/${cancelled.otpId}`);
  const failed = await client.create({ phoneNumber: '+33612424102' });
  await client.verify(failed.otpId, wrong(await client.pinOf(failed.otpId)));
  const replaced = await client.create({ phoneNumber: '+33612424103' });
  const expired = await client.create({ phoneNumber: '+33612424103' });
  await opened.advance(61);
  const statuses = told.map(({ body }) => {
    const { event, data } = JSON.parse(body);
    assert.equal(event, 'otp_update');
    return [data[0].otpId, data[0].status];
  });
  assert.deepEqual(
    new Map(statuses as [string, string][]),
    new Map([
      [cancelled.otpId, 'CANCELLED'],
      [failed.otpId, 'FAILED'],
      [replaced.otpId, 'CANCELLED'],
      [expired.otpId, 'EXPIRED'],
    ]),
  );
  assert.equal(statuses.length, 4);
});

test('a callback that is not taken is told again, the same', async () => {
  answerStatus = 500;
  const client = await newOtpClient(opened);
  const { otpId } = await client.create({ otpCallbackUrl: callbackUrl });
  await client.call('DELETE', `/otp/${otpId}`);
  await opened.maintenance.settleEverything();
  answerStatus = 204;
  await opened.advance(6);
  assert.equal(told.length, 2);
  assert.equal(told[0]?.body, told[1]?.body);
});
