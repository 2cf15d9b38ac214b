import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, test } from 'node:test';
import { defaultLimits } from '#domain/limits.ts';
import { ok, refuse } from '#domain/refusal.ts';
import { signCallback } from '#service/callbacks.ts';
import type { FacadeDefinition, FormattedCallback } from '#service/facade-port.ts';
import {
  hold,
  numberAt,
  type OpenedService,
  openService,
  refusalOf,
  take,
  wrong,
} from '#service/service.fixture.ts';
import type { Caller } from '#service/service.ts';
import type { VerificationInFullView } from '#service/views.ts';

interface Told {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An application's own server, on this machine. */
interface Listener {
  readonly url: string;
  readonly door: string;
  readonly told: Told[];
  /** How it answers; 204 at first. */
  answer: (response: ServerResponse, told: Told) => void | Promise<void>;
  close(): Promise<void>;
}

async function listen(): Promise<Listener> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const told = { headers: request.headers, body };
    listener.told.push(told);
    await listener.answer(response, told);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const door = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const listener: Listener = {
    door,
    url: `http://${door}/ended`,
    told: [],
    answer: answerWith(204),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return listener;
}

const answerWith =
  (status: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse) => {
    response.writeHead(status, headers).end();
  };

let opened: OpenedService;
let listener: Listener;
let other: Listener;
before(async () => {
  [listener, other] = await Promise.all([listen(), listen()]);
  const facades = [facade('silent'), { ...facade('vendor'), formatCallback }];
  opened = await openService({ allow: [listener.door, other.door], facades });
});
afterEach(async () => {
  for (const one of [listener, other]) {
    one.told.length = 0;
    one.answer = answerWith(204);
  }
});
after(async () => {
  await opened.end();
  await Promise.all([listener.close(), other.close()]);
});

function facade(name: string): FacadeDefinition {
  return {
    name,
    credentials: { make: () => refuse('not_available', 'None.'), present: () => null },
    readSettings: () => ok({}),
  };
}

function formatCallback(view: VerificationInFullView): FormattedCallback {
  const { status, reference, recipientInFull, callbackUrl } = view;
  const { lifetimeSeconds, checksMax, checksWrong } = view;
  const told = { status, reference, recipientInFull, lifetimeSeconds, checksMax, checksWrong };
  const body = JSON.stringify({ ...told, callbackUrl });
  return { headers: { 'content-type': 'application/vendor+json' }, body };
}

/** A verification that has been canceled, so that its callback is due. */
async function endOne(caller: Caller, recipient = '+14155550123') {
  const { id } = await opened.start(caller, { recipient });
  take(await opened.service.cancelVerification(caller, id, null));
  return id;
}

async function newCaller(callbackUrl = listener.url): Promise<Caller> {
  const limits = { ...defaultLimits, recipientSendIntervalSeconds: 0 };
  return opened.newCaller({ callbackUrl, limits });
}

test('a signature is the one that Standard Webhooks libraries expect', () => {
  // The vector that the reference libraries test themselves with.
  const headers = signCallback('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestampSeconds: 1_614_265_330,
    body: '{"test": 2432232314}',
  });
  assert.deepEqual(headers, {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('the end of a verification is told once, signed, and without code or recipient', async () => {
  const caller = await newCaller();
  const request = { reference: 'order-17', metadata: { k: 'v' }, purpose: 'login' };
  const { id } = await opened.start(caller, request);
  const code = opened.codeOf(id);
  await opened.check(caller, id, code);
  await opened.maintenance.settleEverything();
  await opened.maintenance.settleEverything();
  assert.equal(listener.told.length, 1);
  const { headers, body } = listener.told[0] ?? { headers: {}, body: '' };
  assert.deepEqual(JSON.parse(body).data, {
    id,
    status: 'approved',
    recipient: '+14•••••0123',
    country: 'US',
    channel: 'sms',
    purpose: 'login',
    reference: 'order-17',
    metadata: { k: 'v' },
  });
  assert.equal(JSON.parse(body).type, 'verification.approved');
  assert.ok(!body.includes(code) && !body.includes('4155550123'));
  assert.match(String(headers['webhook-id']), /^evt_[0-9a-z]{37}$/);
  const secret = opened.vault.callbackSecret(caller.application.id);
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signature = createHmac('sha256', key).update(signed).digest('base64');
  assert.equal(headers['webhook-signature'], `v1,${signature}`);
});

test('what began through a façade is told in its vendor’s shape, and signed', async () => {
  const caller = { ...(await newCaller()), origin: 'vendor' };
  const request = { lifetimeSeconds: 120, checksMax: 3, reference: 'order-17' };
  const { id } = await opened.start(caller, request);
  await opened.check(caller, id, wrong(opened.codeOf(id)));
  take(await opened.service.cancelVerification(caller, id, null));
  await opened.maintenance.settleEverything();
  const [told, ...more] = listener.told;
  assert.deepEqual(more, []);
  const { headers, body = '' } = told ?? {};
  assert.deepEqual(JSON.parse(body), {
    status: 'canceled',
    reference: 'order-17',
    recipientInFull: '+14155550123',
    lifetimeSeconds: 120,
    checksMax: 3,
    checksWrong: 1,
    callbackUrl: listener.url,
  });
  assert.equal(headers?.['content-type'], 'application/vendor+json');
  const signed = signCallback(opened.vault.callbackSecret(caller.application.id), {
    id: String(headers?.['webhook-id']),
    timestampSeconds: Number(headers?.['webhook-timestamp']),
    body,
  });
  assert.equal(headers?.['webhook-signature'], signed['webhook-signature']);
});

test('a façade without a shape of its own is told in ours, without a recipient', async () => {
  const caller = { ...(await newCaller()), origin: 'silent' };
  const { id } = await opened.start(caller);
  take(await opened.service.cancelVerification(caller, id, null));
  await opened.maintenance.settleEverything();
  const { type, data } = JSON.parse(listener.told[0]?.body ?? '');
  assert.deepEqual([type, data.recipient], ['verification.canceled', '+14•••••0123']);
});

test('every way to end is told, and a blocked start is not', async () => {
  const caller = await newCaller();
  await endOne(caller, numberAt(1));
  const failed = await opened.start(caller, { recipient: numberAt(2) });
  for (let guess = 1; guess <= 5; guess++) {
    await opened.check(caller, failed.id, wrong(opened.codeOf(failed.id), guess));
  }
  await opened.start(caller, { recipient: numberAt(3) });
  await opened.start(caller, { recipient: numberAt(3) });
  await opened.advance(300);
  const types = listener.told.map(({ body }) => JSON.parse(body).type).sort();
  assert.deepEqual(types, [
    'verification.canceled',
    'verification.canceled',
    'verification.expired',
    'verification.failed',
  ]);
});

test('the secrets of two applications differ, and stay what they are', async () => {
  const { vault } = opened;
  assert.match(vault.callbackSecret('app_1'), /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.equal(vault.callbackSecret('app_1'), vault.callbackSecret('app_1'));
  assert.notEqual(vault.callbackSecret('app_1'), vault.callbackSecret('app_2'));
});

test('a callback that fails is tried eight times over 75 hours, and then given up', async () => {
  listener.answer = answerWith(500);
  const caller = await newCaller();
  await endOne(caller);
  await opened.maintenance.settleEverything();
  const minutes = [5 / 60, 5, 30, 120, 480, 1_440, 2_400];
  for (const [index, pause] of minutes.entries()) {
    assert.equal(listener.told.length, index + 1);
    await opened.advance(Math.floor(pause * 60 * 0.89));
    assert.equal(listener.told.length, index + 1, `too early after ${pause} minutes`);
    await opened.advance(Math.ceil(pause * 60 * 0.22) + 1);
  }
  assert.equal(listener.told.length, 8);
  await opened.advance(7 * 86_400);
  assert.equal(listener.told.length, 8);
  const ids = new Set(listener.told.map(({ headers }) => headers['webhook-id']));
  assert.equal(ids.size, 1, 'a receiver can tell that it is the same event');
});

const answers: readonly [status: number, headers: Record<string, string>, tries: number][] = [
  [200, {}, 1],
  [299, {}, 1],
  [410, {}, 1],
  [404, {}, 2],
  [503, { 'retry-after': '1' }, 2],
  [301, { location: '/elsewhere' }, 2],
  [307, { location: 'http://169.254.169.254/' }, 2],
];

for (const [status, headers, tries] of answers) {
  test(`an answer ${status} ${tries === 1 ? 'ends' : 'does not end'} the trying`, async () => {
    listener.answer = answerWith(status, headers);
    await endOne(await newCaller());
    await opened.maintenance.settleEverything();
    assert.equal(listener.told.length, 1, 'a redirect is not followed');
    await opened.advance(6);
    assert.equal(listener.told.length, tries);
    listener.answer = answerWith(204);
    await opened.advance(600);
  });
}

test('a server that breaks off is told again, and once', async () => {
  const caller = await newCaller();
  listener.answer = (response) => {
    response.destroy();
  };
  await endOne(caller);
  await opened.maintenance.settleEverything();
  assert.equal(listener.told.length, 1);
  listener.answer = answerWith(204);
  await opened.advance(6);
  assert.equal(listener.told.length, 2);
  await opened.advance(3_600);
  assert.equal(listener.told.length, 2);
});

test('forty endings at once are all told, to one server at most eight at a time', async () => {
  const caller = await newCaller();
  let open = 0;
  let most = 0;
  listener.answer = async (response) => {
    most = Math.max(most, ++open);
    await new Promise((resolve) => setImmediate(resolve));
    open--;
    response.writeHead(204).end();
  };
  for (let index = 0; index < 40; index++) await endOne(caller, numberAt(index));
  await opened.maintenance.settleEverything();
  assert.equal(listener.told.length, 40);
  assert.ok(most <= 8 && most > 1, `${most} at once`);
});

test('a server that never answers holds no other up', async () => {
  const held = hold<void>();
  const reached = hold<void>();
  other.answer = async (response) => {
    if (other.told.length === 8) reached.release();
    await held.promise;
    response.writeHead(204).end();
  };
  const slow = await newCaller(other.url);
  for (let index = 0; index < 20; index++) await endOne(slow, numberAt(index));
  await opened.maintenance.callBackDue();
  await reached.promise;
  const told = hold<void>();
  listener.answer = (response) => {
    response.writeHead(204).end();
    told.release();
  };
  await endOne(await newCaller());
  await opened.maintenance.callBackDue();
  await told.promise;
  assert.deepEqual([listener.told.length, other.told.length], [1, 8]);
  held.release();
  await opened.maintenance.settleEverything();
  assert.equal(other.told.length, 20);
});

for (const callbackUrl of ['http://127.0.0.1:1/', 'http://[::1]/', 'http://169.254.169.254/']) {
  test(`a start that wants to be told at ${callbackUrl} is refused`, async () => {
    const caller = await opened.newCaller();
    const request = { recipient: '+14155550123', callbackUrl };
    const refusal = refusalOf(await opened.service.startVerification(caller, request, null));
    assert.deepEqual([refusal.code, refusal.pointer], ['callback_url_refused', '/callbackUrl']);
    const change = await opened.service.changeSettings(caller.application.id, { callbackUrl });
    assert.equal(refusalOf(change).code, 'callback_url_refused');
  });
}
