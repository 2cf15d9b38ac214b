import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '#compat/facade.ts';
import { type AccountIds, accountIdsOf, presentKey } from '#compat/fast2sms/credentials.ts';
import { answerFailure } from '#compat/fast2sms/errors.ts';
import { readWords } from '#compat/words.ts';
import { createDoor } from '#service/door.ts';
import type { Caller, Service } from '#service/service.ts';

/** Managed OTP: a client notes ten minutes, and a resend that brings the last code again. */
const otpLifetimeSeconds = 600;
export const otpMinutesMax = 60;

const door = createDoor('fast2sms', ({ code }) => ({
  country: 'IN',
  code: { alphabet: 'digits', length: code.alphabet === 'digits' ? code.length : 6 },
  allowShortCodes: true,
  lifetimeSeconds: otpLifetimeSeconds,
  lifetimeSecondsMax: otpMinutesMax * 60,
  resendCode: 'same',
  secondStart: 'supersede',
}));

/** Who calls, with the ids that came with the key. */
export interface Account {
  readonly caller: Caller;
  readonly ids: AccountIds;
}

/**
 * The key stands in the header or in the query. One in a body is not looked at, as the vendor does
 * not either: bodies are kept and logged by more programs than headers are.
 */
export function createAuthenticate(service: Service) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const key = readWords(request.headers, request.query)('authorization');
    const presented = key === undefined ? null : presentKey(key.trim());
    const opened = presented && (await service.authenticateWith('fast2sms', presented));
    if (opened === null) return answerFailure(reply, 412);
    request.caller = door(opened.application);
    idsOf.set(request, accountIdsOf(opened.credential.details));
    return undefined;
  };
}

const idsOf = new WeakMap<FastifyRequest, AccountIds>();

export function accountOf(request: FastifyRequest): Account {
  const ids = idsOf.get(request);
  if (ids === undefined) throw new Error('This route was mounted without authentication.');
  return { caller: callerOf(request), ids };
}
