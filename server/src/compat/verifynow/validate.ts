import { callerOf, type FacadeRoute } from '#compat/facade.ts';
import { refuseCustomer } from '#compat/verifynow/authenticate.ts';
import { type Failure, fail, failure } from '#compat/verifynow/codes.ts';
import { unverifiedAnswer, verifiedAnswer } from '#compat/verifynow/envelope.ts';
import { besideBody, failureOf } from '#compat/verifynow/errors.ts';
import type { Version } from '#compat/verifynow/paths.ts';
import { isNumberOf, nationalNumber } from '#compat/verifynow/phone-words.ts';
import { readWords, type Words } from '#compat/words.ts';
import { decimalHandle, readDecimalHandle } from '#domain/handle.ts';
import { ok, type Result } from '#domain/refusal.ts';
import type { CheckReason } from '#domain/verification.ts';
import type { Caller, Service } from '#service/service.ts';
import type { VerdictView } from '#service/views.ts';

/** How the vendor calls each reason of a verdict. */
const namesOfReasons: Readonly<Record<CheckReason, Failure['name']>> = {
  wrong_code: 'WRONG_OTP_PROVIDED',
  expired: 'VERIFICATION_EXPIRED',
  too_many_checks: 'MAXIMUM_LIMIT_REACHED',
  already_used: 'ALREADY_VERIFIED',
  canceled: 'VERIFICATION_FAILED',
};

/** One guess, by GET too: that is how the vendor has it, and a guess is spent all the same. */
export function createValidate(
  service: Pick<Service, 'checkCode' | 'verificationIdOf'>,
  version: Version,
): FacadeRoute['handle'] {
  return async (request, reply) => {
    const words = readWords(request.query, request.body);
    const refused = refuseCustomer(request, words, version);
    const verdict = refused ?? (await check(service, callerOf(request), words));
    if (!verdict.ok) return reply.send(unverifiedAnswer(besideBody(request, verdict.error)));
    const { id, recipientInFull: recipient, reason } = verdict.value;
    if (reason !== null) return reply.send(unverifiedAnswer(failure(namesOfReasons[reason])));
    if (recipient === null) throw new Error('A verification was approved for nobody.');
    const mobileNumber = words('mobileNumber') ?? nationalNumber(recipient);
    const countryCode = words('countryCode');
    return reply.send(
      isNumberOf(recipient, { countryCode, mobileNumber })
        ? verifiedAnswer({ verificationId: decimalHandle(id), mobileNumber })
        : unverifiedAnswer(anotherNumber),
    );
  };
}

const anotherNumber = failure(
  'VERIFICATION_FAILED',
  'The code was right, but it was sent to another mobileNumber.',
);

async function check(
  service: Pick<Service, 'checkCode' | 'verificationIdOf'>,
  caller: Caller,
  words: Words,
): Promise<Result<VerdictView, Failure>> {
  const name = words('verificationId');
  const code = words('code');
  if (name === undefined) return fail('BAD_REQUEST', 'verificationId is missing.');
  if (code === undefined) return fail('BAD_REQUEST', 'code is missing.');
  const handle = readDecimalHandle(name);
  const verificationId = handle && (await service.verificationIdOf(caller, handle));
  if (verificationId === null) return fail('INVALID_VERIFICATION_ID');
  // The id of a verification that began at another door is no id here.
  const guess = { verificationId, code, purpose: caller.origin };
  const checked = await service.checkCode(caller, guess, null);
  return checked.ok ? ok(checked.value.view) : { ok: false, error: failureOf(checked.error.code) };
}
