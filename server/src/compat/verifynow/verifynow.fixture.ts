/** A client of the vendor's that has its token, in front of the whole service. */
import assert from 'node:assert/strict';
import type { LightMyRequestResponse } from 'fastify';
import { bodyOf, type FacadeClient, type OpenedFacade } from '#compat/facade.fixture.ts';
import { sendPaths, tokenPath, validatePaths } from '#compat/verifynow/paths.ts';
import type { ApplicationSettings } from '#domain/application.ts';
import { readDecimalHandle } from '#domain/handle.ts';

export interface VerifyNowClient extends FacadeClient {
  readonly customerId: string;
  readonly token: string;
  send(query?: Readonly<Record<string, string>>): Promise<LightMyRequestResponse>;
  /** Sends, expects that it works, and answers what the vendor's id stands for. */
  sendsCode(mobileNumber?: string): Promise<SentCode>;
  validate(query: Readonly<Record<string, string>>): Promise<LightMyRequestResponse>;
}

export interface SentCode {
  /** As the vendor's clients have it. */
  readonly verificationId: string;
  /** As we have it. */
  readonly id: string;
  readonly code: string;
}

export interface Envelope {
  readonly responseCode: number;
  readonly message: string;
  readonly data?: Readonly<Record<string, string | null>>;
}

export const mobileNumber = '9876543210';

export async function newVerifyNowClient(
  opened: OpenedFacade,
  settings: Partial<ApplicationSettings> = {},
): Promise<VerifyNowClient> {
  const { app, service } = opened;
  const client = await opened.newClient(settings);
  const { customerId = '' } = client.shown;
  const asked = await app.inject(`${tokenPath}?${new URLSearchParams(client.shown)}`);
  const { token } = bodyOf<{ token: string }>(asked);
  const headers = { authToken: token };
  const send: VerifyNowClient['send'] = (query = {}) => {
    const all = { countryCode: '91', flowType: 'SMS', mobileNumber, ...query };
    return app.inject({
      method: 'POST',
      url: `${sendPaths.v3}?${new URLSearchParams(all)}`,
      headers,
    });
  };
  return {
    ...client,
    customerId,
    token,
    send,
    async sendsCode(to = mobileNumber) {
      const sent = bodyOf<Envelope>(await send({ mobileNumber: to }));
      assert.equal(sent.responseCode, 200, JSON.stringify(sent));
      const verificationId = sent.data?.['verificationId'] ?? '';
      const handle = readDecimalHandle(verificationId);
      const id = handle && (await service.verificationIdOf(client.caller, handle));
      assert.ok(id, 'the id that was answered leads back');
      return { verificationId, id, code: opened.codeOf(id) };
    },
    validate: (query) =>
      app.inject({ url: `${validatePaths.v3}?${new URLSearchParams(query)}`, headers }),
  };
}

export function responseCodeOf(answer: LightMyRequestResponse): number {
  return bodyOf<Envelope>(answer).responseCode;
}
