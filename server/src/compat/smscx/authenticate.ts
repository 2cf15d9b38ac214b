import type { FastifyReply, FastifyRequest } from 'fastify';
import { presentKey } from '#compat/smscx/credentials.ts';
import { answerError, errors, type VendorError } from '#compat/smscx/errors.ts';
import { otpBounds } from '#compat/smscx/otp-settings.ts';
import type { Application } from '#domain/application.ts';
import { ok, type Result } from '#domain/refusal.ts';
import { createDoor } from '#service/door.ts';
import type { Service } from '#service/service.ts';

/**
 * The vendor's bounds in the place of the application's. It has no pause between two sends, since
 * a new OTP is its only way to send again; the sends of an hour and of a day are counted as ever.
 */
export const door = createDoor('smscx', () => ({
  allowShortCodes: true,
  lifetimeSecondsMax: otpBounds.ttl.max,
  secondStart: 'supersede',
  limits: { recipientSendIntervalSeconds: 0 },
}));

/** By API key, which opens everything, or by a token that has the scope, where one is asked for. */
export function createAuthenticate(service: Service, scope: 'otp' | null) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const opened = await open(service, request, scope);
    if (opened.ok) {
      request.caller = door(opened.value);
      return undefined;
    }
    if (opened.error.status === 401) reply.header('WWW-Authenticate', 'Bearer');
    return answerError(reply, opened.error);
  };
}

async function open(
  service: Service,
  { headers }: FastifyRequest,
  scope: 'otp' | null,
): Promise<Result<Application, VendorError>> {
  const apiKey = headers['x-api-key'];
  if (typeof apiKey === 'string') {
    const presented = presentKey(apiKey);
    const opened = presented && (await service.authenticateWith('smscx', presented));
    return opened === null ? wrong(errors.apiKeyInvalid) : ok(opened.application);
  }
  const token = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  if (token === undefined) return wrong(errors.apiKeyInvalid);
  const read = await service.readToken('smscx', token);
  if (read.kind === 'expired') return wrong(errors.tokenExpired);
  if (read.kind === 'invalid') return wrong(errors.tokenInvalid);
  const hasScope = scope === null || read.scope.split(' ').includes(scope);
  return hasScope ? ok(read.application) : wrong(errors.scopeMissing);
}

function wrong(error: VendorError): Result<never, VendorError> {
  return { ok: false, error };
}
