import type { LightMyRequestResponse } from 'fastify';
import type { OpenedFacade } from '#compat/facade.fixture.ts';
import { smscx } from '#compat/smscx/facade.ts';
import type { OtpObject } from '#compat/smscx/otp-object.ts';
import type { ApplicationSettings } from '#domain/application.ts';
import { readUuidHandle } from '#domain/handle.ts';
import { take } from '#service/service.fixture.ts';
import type { Caller } from '#service/service.ts';

/** A client of the vendor with its API key. */
export interface OtpClient {
  readonly caller: Caller;
  readonly apiKey: string;
  call(
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    body?: object,
  ): Promise<LightMyRequestResponse>;
  create(fields?: object): Promise<OtpObject>;
  verify(otpId: string, pin: string): Promise<LightMyRequestResponse>;
  read(otpId: string): Promise<OtpObject>;
  /** Our id of an OTP. */
  idOf(otpId: string): Promise<string>;
  pinOf(otpId: string): Promise<string>;
}

/** `own` is what the application has in its OTP tab. */
export async function newOtpClient(
  opened: OpenedFacade,
  own: object | null = null,
  settings: Partial<ApplicationSettings> = {},
): Promise<OtpClient> {
  const { caller, shown } = await opened.newClient(settings);
  const { service } = opened;
  if (own !== null) {
    const facades = { [smscx.name]: own };
    take(await service.changeSettings(caller.application.id, { facades }));
  }
  const apiKey = shown['apiKey'] ?? '';
  const client: OtpClient = {
    caller,
    apiKey,
    call: (method, url, body) =>
      opened.app.inject({
        method,
        url,
        headers: { 'x-api-key': apiKey },
        ...(body === undefined ? {} : { payload: body }),
      }),
    async create(fields = {}) {
      const answer = await client.call('POST', '/otp', { phoneNumber: '+33612424100', ...fields });
      if (answer.statusCode !== 201) throw new Error(answer.body);
      return answer.json<OtpObject>();
    },
    verify: (otpId, pin) => client.call('POST', `/otp/${otpId}`, { pin }),
    read: async (otpId) => (await client.call('GET', `/otp/${otpId}`)).json<OtpObject>(),
    async idOf(otpId) {
      const handle = readUuidHandle(otpId);
      const id = handle && (await service.verificationIdOf(caller, handle));
      if (id === null) throw new Error('There is no such OTP.');
      return id;
    },
    pinOf: async (otpId) => opened.codeOf(await client.idOf(otpId)),
  };
  return client;
}
