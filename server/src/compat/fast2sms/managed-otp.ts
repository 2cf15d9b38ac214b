/**
 * "Smart OTP": the vendor makes, sends and checks the code. Its clients know a code by the mobile
 * number; what they send, and what they read in an answer, is in public client code alone.
 */
import type { FastifyReply } from 'fastify';
import type { FacadeRoute } from '#compat/facade.ts';
import {
  type Account,
  accountOf,
  createAuthenticate,
  otpMinutesMax,
} from '#compat/fast2sms/account.ts';
import { answerFailure, type Failure, failureOf } from '#compat/fast2sms/errors.ts';
import { readIndianMobile } from '#compat/fast2sms/numbers.ts';
import { settingsOf } from '#compat/fast2sms/settings.ts';
import { readWords, type Words } from '#compat/words.ts';
import { codeLengthMax, codeLengthMin } from '#domain/code.ts';
import { readWordHandle, wordHandle } from '#domain/handle.ts';
import { ok, type Result } from '#domain/refusal.ts';
import type { CheckReason } from '#domain/verification.ts';
import type { StartRequest } from '#service/requests.ts';
import type { Caller, Service } from '#service/service.ts';

const purpose = 'fast2sms';

/** Values fill `{{var1}}`, `{{var2}}` and so on of a template. */
const valuesMax = 10;

export function createOtpRoutes(service: Service): readonly FacadeRoute[] {
  const authenticate = createAuthenticate(service);
  const post = (call: string, handle: Handle): FacadeRoute => ({
    methods: ['POST'],
    paths: [`/dev/otp/${call}`, `/dev/otp/${call}/`],
    authenticate,
    handle: (request, reply) => handle(accountOf(request), readWords(request.body), reply),
  });
  return [
    post('send', async (account, words, reply) => {
      const asked = readSend(words, account);
      if (!asked.ok) return answerFailure(reply, asked.error);
      const started = await service.startVerification(account.caller, asked.value, null);
      if (!started.ok) return answerFailure(reply, failureOf(started.error));
      return answerSent(reply, started.value.view.id, 'OTP sent successfully');
    }),
    post('resend', async ({ caller }, words, reply) => {
      const found = await findVerification(service, caller, words);
      if (!found.ok) return answerFailure(reply, found.error);
      const verificationId = found.value;
      const resent = await service.resendCode(caller, { verificationId }, null);
      if (resent.ok) return answerSent(reply, verificationId, 'OTP resent successfully');
      const isOver = resent.error.code.startsWith('verification_');
      return answerFailure(reply, isOver ? noOtp : failureOf(resent.error));
    }),
    post('verify', async ({ caller }, words, reply) => {
      const failure = await verify(service, caller, words);
      if (failure !== null) return answerFailure(reply, failure);
      const message = ['OTP verified successfully'];
      return reply.send({ return: true, status_code: 200, message });
    }),
  ];
}

type Handle = (account: Account, words: Words, reply: FastifyReply) => Promise<FastifyReply>;

const noOtp: Failure = { code: 400, message: 'OTP not found or expired' };

const verdicts: Readonly<Record<CheckReason, Failure>> = {
  wrong_code: { code: 400, message: 'Invalid OTP' },
  expired: { code: 400, message: 'OTP expired' },
  too_many_checks: { code: 400, message: 'Too many wrong attempts, request a new OTP' },
  already_used: { code: 400, message: 'OTP already verified' },
  canceled: noOtp,
};

function answerSent(reply: FastifyReply, id: string, message: string): FastifyReply {
  return reply.send({
    return: true,
    status_code: 200,
    request_id: wordHandle(id),
    message: [message],
  });
}

function readSend(words: Words, { caller, ids }: Account): Result<StartRequest, Failure> {
  const mobile = readMobile(words);
  if (!mobile.ok) return mobile;
  const otpId = words('otp_id');
  const { otpTemplates } = settingsOf(caller.application.settings.facades['fast2sms']);
  const template = otpId === undefined ? undefined : ownValue(otpTemplates, otpId);
  if (template === undefined && otpId !== ids.otpId) return { ok: false, error: 425 };
  const customCode = words('otp');
  if (customCode !== undefined && !/^[0-9]+$/.test(customCode)) {
    return wrongValue('otp must have digits only');
  }
  const digits = customCode?.length ?? codeLengthMax;
  if (digits < codeLengthMin || digits > codeLengthMax) {
    return wrongValue(`otp must have ${codeLengthMin} to ${codeLengthMax} digits`);
  }
  const length = readWhole(words('otp_length'), codeLengthMin, codeLengthMax);
  if (length === null) {
    return wrongValue(`otp_length must be ${codeLengthMin} to ${codeLengthMax}`);
  }
  const minutes = readWhole(words('otp_expiry'), 1, otpMinutesMax);
  if (minutes === null) return wrongValue(`otp_expiry must be 1 to ${otpMinutesMax} minutes`);
  const values = words('variables_values')?.split('|', valuesMax + 1) ?? [];
  if (values.length > valuesMax) return { ok: false, error: 425 };
  return ok({
    recipient: mobile.value,
    channel: 'sms',
    purpose,
    ...(template === undefined ? {} : { template }),
    ...(customCode === undefined ? {} : { customCode }),
    ...(length === undefined || customCode !== undefined ? {} : { code: { length } }),
    ...(minutes === undefined ? {} : { lifetimeSeconds: minutes * 60 }),
    variables: Object.fromEntries(values.map((value, index) => [`var${index + 1}`, value])),
  });
}

async function verify(service: Service, caller: Caller, words: Words): Promise<Failure | null> {
  const code = words('otp');
  if (code === undefined) return { code: 400, message: 'OTP missing' };
  if (words('request_id') === undefined) {
    const mobile = readMobile(words);
    if (!mobile.ok) return mobile.error;
    const request = { recipient: mobile.value, purpose, code };
    return failureOfVerdict(await service.checkRecipient(caller, request, null));
  }
  const found = await findVerification(service, caller, words);
  if (!found.ok) return found.error;
  const request = { verificationId: found.value, code, purpose };
  return failureOfVerdict(await service.checkCode(caller, request, null));
}

function failureOfVerdict(checked: Awaited<ReturnType<Service['checkCode']>>): Failure | null {
  if (checked.ok) {
    const { approved, reason } = checked.value.view;
    return approved ? null : verdicts[reason ?? 'canceled'];
  }
  const { code, pointer } = checked.error;
  if (code === 'verification_not_found') return noOtp;
  // Too long to be any code.
  return pointer === '/code' ? verdicts.wrong_code : failureOf(checked.error);
}

/** By its request id; or the live one of a mobile number, which the vendor's clients have. */
async function findVerification(
  service: Service,
  caller: Caller,
  words: Words,
): Promise<Result<string, Failure>> {
  const requestId = words('request_id');
  if (requestId !== undefined) return findRequest(service, caller, { requestId, words });
  const mobile = readMobile(words);
  if (!mobile.ok) return mobile;
  const wanted = { recipient: mobile.value, purpose, status: 'pending', limit: 1 };
  const found = await service.listVerifications(caller, wanted);
  if (!found.ok) return { ok: false, error: failureOf(found.error) };
  const [live] = found.value.items;
  return live === undefined ? { ok: false, error: noOtp } : ok(live.id);
}

/**
 * What began at another door is no request here. Where the call names a mobile number too, the code
 * of another number is not the one that is meant: a client takes the answer for a proof of both.
 */
async function findRequest(
  service: Service,
  caller: Caller,
  { requestId, words }: { readonly requestId: string; readonly words: Words },
): Promise<Result<string, Failure>> {
  const mobile = words('mobile') === undefined ? null : readMobile(words);
  if (mobile?.ok === false) return mobile;
  const handle = readWordHandle(requestId);
  const id = handle && (await service.verificationIdOf(caller, handle));
  if (id === null) return { ok: false, error: noOtp };
  const found = await service.readVerificationInFull(caller, id);
  const isMeant =
    found.ok &&
    found.value.purpose === purpose &&
    (mobile === null || found.value.recipientInFull === mobile.value);
  return isMeant ? ok(id) : { ok: false, error: noOtp };
}

function readMobile(words: Words): Result<string, Failure> {
  const mobile = words('mobile');
  if (mobile === undefined) return { ok: false, error: 405 };
  const number = readIndianMobile(mobile);
  return number === null ? { ok: false, error: 411 } : ok(number);
}

/** Undefined when it is not given, null when it is no such number. */
function readWhole(word: string | undefined, min: number, max: number): number | undefined | null {
  if (word === undefined) return undefined;
  const value = /^[0-9]{1,4}$/.test(word) ? Number(word) : Number.NaN;
  return value >= min && value <= max ? value : null;
}

function ownValue(record: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function wrongValue(message: string): Result<never, Failure> {
  return { ok: false, error: { code: 400, message } };
}
