/** The vendor's own Python SDK, unchanged, against a server that listens. */
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { type OpenedFacade, openFacade } from '#compat/facade.fixture.ts';
import { smscx } from '#compat/smscx/facade.ts';
import { readUuidHandle } from '#domain/handle.ts';
import { createTestProvider, wrong } from '#service/service.fixture.ts';
import type { Caller } from '#service/service.ts';
import { partOrSkip } from '../../../test/parts/part.ts';
import {
  findSmscxClient,
  type Sdk,
  type SdkAnswer,
  type SdkCall,
  startSmscxClient,
} from '../../../test/parts/smscx-client.ts';

const found = findSmscxClient();
let opened: OpenedFacade;
let sdk: Sdk | null = null;
let host: string;
before(async () => {
  const price = { amount: '0.05', currency: 'USD' };
  opened = await openFacade(smscx, { providers: [createTestProvider({ price })] });
  await opened.app.listen({ host: '127.0.0.1', port: 0 });
  host = `http://127.0.0.1:${(opened.app.server.address() as AddressInfo).port}`;
  sdk = found.ok ? startSmscxClient(found.part) : null;
});
after(async () => {
  await sdk?.close();
  await opened.end();
});

async function call(asked: SdkCall): Promise<SdkAnswer> {
  assert.ok(sdk);
  return sdk.call(asked);
}

async function resultOf<Value = Record<string, unknown>>(asked: SdkCall): Promise<Value> {
  const answer = await call(asked);
  assert.ok('value' in answer, JSON.stringify(answer));
  return answer.value as Value;
}

/** What the SDK raises, with the status and the code of the answer behind it. */
async function raisedBy(asked: SdkCall): Promise<unknown[]> {
  const answer = await call(asked);
  assert.ok('exception' in answer, JSON.stringify(answer));
  return [answer.exception, answer.status, answer.error?.code];
}

function otpCalls(configuration: Readonly<Record<string, string>>) {
  const api = 'otp_api.OtpApi';
  return {
    create: (fields: Readonly<Record<string, unknown>> = {}): SdkCall => ({
      ...{ configuration, api, method: 'new_otp' },
      model: ['NewOtpRequest', { phone_number: '+33612424100', ...fields }],
    }),
    read: (id: string): SdkCall => ({ configuration, api, method: 'get_otp_status', args: [id] }),
    verify: (id: string, pin: string): SdkCall => ({
      ...{ configuration, api, method: 'verify_otp', args: [id, pin] },
    }),
    cancel: (id: string): SdkCall => ({ configuration, api, method: 'cancel_otp', args: [id] }),
  };
}

async function readPin(caller: Caller, otpId: string): Promise<string> {
  const handle = readUuidHandle(otpId);
  const id = handle && (await opened.service.verificationIdOf(caller, handle));
  assert.ok(id);
  return opened.codeOf(id);
}

test('the SDK gets a token, makes an OTP with it, and verifies it', async (context) => {
  if (partOrSkip(context, found) === null) return;
  const { caller, shown } = await opened.newClient();
  const { applicationId: username = '', applicationSecret: password = '' } = shown;
  const token = await resultOf({
    configuration: { host, username, password },
    api: 'oauth_api.OauthApi',
    method: 'get_access_token',
    options: { scope: 'sms otp' },
  });
  assert.equal(token['expires_in'], 86_400);
  assert.equal(token['scope'], 'sms otp');
  const calls = otpCalls({ host, access_token: String(token['access_token']) });
  const otp = await resultOf(calls.create({ ttl: 600, max_attempts: 3, template: 'PIN: {{pin}}' }));
  assert.deepEqual(
    [otp['status'], otp['cost'], otp['parts'], otp['ttl'], otp['max_attempts'], otp['track_id']],
    ['PENDING', 0.05, 1, 600, 3, null],
  );
  const id = String(otp['otp_id']);
  const pin = await readPin(caller, id);
  const refused = await raisedBy(calls.verify(id, wrong(pin)));
  assert.deepEqual(refused, ['InvalidPinException', 400, 2029]);
  assert.deepEqual(await resultOf(calls.verify(id, pin)), { status: 'VERIFIED' });
  const read = await resultOf(calls.read(id));
  assert.deepEqual([read['status'], read['attempts']], ['VERIFIED', 1]);
  assert.equal(read['date_created'], otp['date_created']);
  const again = await raisedBy(calls.verify(id, pin));
  assert.deepEqual(again, ['OtpAlreadyVerifiedException', 400, 2023]);
});

test('the SDK raises its own exception for each end', async (context) => {
  if (partOrSkip(context, found) === null) return;
  const { caller, shown } = await opened.newClient();
  const calls = otpCalls({ host, api_key: shown['apiKey'] ?? '' });
  const newId = async (fields = {}) => String((await resultOf(calls.create(fields)))['otp_id']);
  const cancelled = await newId();
  assert.deepEqual(await resultOf(calls.cancel(cancelled)), { info: { id: cancelled } });
  assert.deepEqual(await raisedBy(calls.cancel(cancelled)), ['OtpCancelledException', 403, 2030]);
  const afterCancel = await raisedBy(calls.verify(cancelled, '123456'));
  assert.deepEqual(afterCancel, ['OtpCancelledException', 400, 2024]);
  const failed = await newId({ max_attempts: 1 });
  const last = await raisedBy(calls.verify(failed, wrong(await readPin(caller, failed))));
  assert.deepEqual(last, ['OtpFailedException', 400, 2027]);
  const tooLate = await raisedBy(calls.cancel(failed));
  assert.deepEqual(tooLate, ['OtpActionNotAllowedException', 403, 2031]);
  const expired = await newId({ ttl: 60 });
  await opened.advance(60);
  const late = await raisedBy(calls.verify(expired, '123456'));
  assert.deepEqual(late, ['OtpExpiredException', 400, 2028]);
  const unknown = '0198a000-0000-8000-8000-000000000000';
  assert.deepEqual(await raisedBy(calls.read(unknown)), ['ResourceNotFoundException', 404, 2021]);
  const invalid = await raisedBy(calls.create({ phone_number: '+3361' }));
  assert.deepEqual(invalid, ['InvalidRequestException', 400, 2020]);
  const stranger = otpCalls({ host, api_key: 'a key of nobody at all'.replaceAll(' ', '-') });
  assert.deepEqual(await raisedBy(stranger.create()), ['InvalidCredentialsException', 401, 401]);
});

test('the SDK reads the applications, their settings and the scopes', async (context) => {
  if (partOrSkip(context, found) === null) return;
  const { shown } = await opened.newClient();
  const configuration = { host, api_key: shown['apiKey'] ?? '' };
  const api = 'applications_api.ApplicationsApi';
  const { data } = await resultOf<{ data: { application_id: string }[] }>({
    ...{ configuration, api, method: 'get_applications_list' },
  });
  assert.deepEqual(
    data.map((one) => one.application_id),
    [shown['applicationId']],
  );
  const { settings } = await resultOf<{ settings: { otp: object } }>({
    ...{ configuration, api, method: 'get_application_settings', args: [data[0]?.application_id] },
  });
  assert.deepEqual(settings.otp, {
    template: '{{pin}} is your code.',
    _from: 'InfoText',
    pin_type: 'numbers',
    pin_length: 6,
    ttl: 300,
    max_attempts: 5,
    otp_callback: null,
  });
  const scopes = await resultOf<string[]>({ configuration, api, method: 'get_scopes' });
  assert.ok(scopes.includes('otp'));
});
