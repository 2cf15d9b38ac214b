import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf, type FacadeRoute } from '#compat/facade.ts';
import { answer } from '#compat/smscx/answer-headers.ts';
import { createAuthenticate } from '#compat/smscx/authenticate.ts';
import { answerError, answerRefusal, errors, type VendorError } from '#compat/smscx/errors.ts';
import { otpStatuses, toOtpObject } from '#compat/smscx/otp-object.ts';
import { otpSettingsOf } from '#compat/smscx/otp-settings.ts';
import { readFields, readOtpRequest } from '#compat/smscx/read-otp-request.ts';
import { guessLengthMax } from '#domain/code.ts';
import { readUuidHandle, uuidHandle } from '#domain/handle.ts';
import { assertNever } from '#domain/verification.ts';
import type { Caller, Service } from '#service/service.ts';
import type { VerdictView } from '#service/views.ts';

type Handle = (
  service: Service,
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<FastifyReply>;

export function createOtpRoutes(service: Service): readonly FacadeRoute[] {
  const authenticate = createAuthenticate(service, 'otp');
  const route = (method: 'GET' | 'POST' | 'DELETE', path: string, handle: Handle): FacadeRoute => ({
    methods: [method],
    paths: [path],
    authenticate,
    handle: (request, reply) => handle(service, request, reply),
  });
  return [
    route('POST', '/otp', startOtp),
    route('GET', '/otp/:otpId', readOtp),
    route('POST', '/otp/:otpId', verifyOtp),
    route('DELETE', '/otp/:otpId', cancelOtp),
  ];
}

const startOtp: Handle = async (service, request, reply) => {
  const caller = callerOf(request);
  const { settings } = caller.application;
  const read = readOtpRequest(request.body, otpSettingsOf(settings), settings.country);
  if (!read.ok) return answerError(reply, read.error);
  const asked = { ...read.value, purpose: caller.origin };
  const started = await service.startVerification(caller, asked, null);
  if (!started.ok) return answerRefusal(reply, started.error);
  const view = {
    ...started.value.view,
    recipientInFull: asked.recipient,
    lifetimeSeconds: asked.lifetimeSeconds,
    checksMax: asked.checksMax,
    checksWrong: 0,
    callbackUrl: asked.callbackUrl ?? null,
  };
  return answer(reply, toOtpObject(view), 201);
};

const readOtp: Handle = async (service, request, reply) => {
  const caller = callerOf(request);
  const id = await idOf(service, caller, request);
  if (id === null) return answerError(reply, errors.otpUnknown);
  const found = await service.readVerificationInFull(caller, id);
  if (!found.ok) return answerRefusal(reply, found.error);
  const { value: view } = found;
  if (view.status === 'blocked') return answerError(reply, errors.otpUnknown);
  return answer(reply, toOtpObject(view));
};

const verifyOtp: Handle = async (service, request, reply) => {
  const caller = callerOf(request);
  const given = readFields(request.body);
  if (given === null) return answerError(reply, errors.bodyInvalid);
  const id = await idOf(service, caller, request);
  if (id === null) return answerError(reply, errors.otpUnknown);
  const pin = given('pin')?.trim() ?? '';
  if (pin === '') return answerError(reply, errors.pinEmpty);
  // Too long for any PIN, it is a wrong try like another: no PIN has this many zeros.
  const code = pin.length > guessLengthMax ? '0'.repeat(guessLengthMax) : pin;
  // The id of a verification that began at another door is no id for a check here.
  const guess = { verificationId: id, code, purpose: caller.origin };
  const checked = await service.checkCode(caller, guess, null);
  if (!checked.ok) return answerRefusal(reply, checked.error);
  const verdict = checked.value.view;
  if (verdict.approved) return answer(reply, { status: otpStatuses.approved });
  const error = errorOf(verdict);
  // The status stands beside the error as well: the vendor's pages tell of it, its SDKs of errors.
  const status = otpStatuses[verdict.status];
  return answerError(reply, error, error === errors.otpUnknown ? {} : { status });
};

const cancelOtp: Handle = async (service, request, reply) => {
  const caller = callerOf(request);
  const id = await idOf(service, caller, request);
  if (id === null) return answerError(reply, errors.otpUnknown);
  const canceled = await service.cancelVerification(caller, id, null);
  if (!canceled.ok) return answerRefusal(reply, canceled.error);
  if (!canceled.value.view.isFirstAtEnd) return answerError(reply, errors.alreadyCancelled);
  return answer(reply, { info: { id: uuidHandle(id) } });
};

/** The try that meets the end is told apart from those that come after it. */
function errorOf({ reason, status, isFirstAtEnd }: VerdictView): VendorError {
  switch (reason) {
    case 'wrong_code':
      return status === 'pending' ? errors.pinWrong : errors.attemptsReached;
    case 'too_many_checks':
      return isFirstAtEnd ? errors.attemptsReached : errors.otpFailed;
    case 'expired':
      return isFirstAtEnd ? errors.pinExpired : errors.otpExpired;
    case 'already_used':
      return errors.otpVerified;
    case 'canceled':
      return status === 'blocked' ? errors.otpUnknown : errors.otpCancelled;
    case null:
      throw new Error('A check that did not approve has a reason.');
    default:
      return assertNever(reason);
  }
}

async function idOf(
  service: Service,
  caller: Caller,
  request: FastifyRequest,
): Promise<string | null> {
  const { otpId } = request.params as { otpId: string };
  const handle = readUuidHandle(otpId);
  return handle === null ? null : service.verificationIdOf(caller, handle);
}
