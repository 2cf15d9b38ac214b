/**
 * How SMS.CX says that something is wrong: `{"error": {"type", "message", "uri", "code"}}`. Types
 * are a closed list, and its clients read no other. Codes are the vendor's where it documents one;
 * where it documents a type alone, the status of HTTP stands for the code.
 */
import type { FastifyReply } from 'fastify';
import { setVendorHeaders } from '#compat/smscx/answer-headers.ts';
import type { Refusal, RefusalCode } from '#domain/refusal.ts';
import { faultStatus, type RequestFault, type RequestFaultCode } from '#service/request-fault.ts';

export type ErrorType =
  | 'access_denied'
  | 'insufficient_credit'
  | 'insufficient_scope'
  | 'invalid_api_key'
  | 'invalid_body'
  | 'invalid_client'
  | 'invalid_method'
  | 'invalid_param'
  | 'invalid_pin'
  | 'invalid_request'
  | 'invalid_scope'
  | 'no_coverage'
  | 'not_found'
  | 'otp_cancelled'
  | 'otp_expired'
  | 'otp_failed'
  | 'otp_verified'
  | 'rate_limit'
  | 'server_error'
  | 'unsupported_grant_type';

export interface VendorError {
  readonly status: number;
  readonly type: ErrorType;
  readonly code: number;
  readonly message: string;
}

/** Where the vendor describes its errors. */
const uri = 'https://sms.cx/sms-api-documentation/#section/Errors';

const oauthCode = 1600;

export const errors = {
  grantTypeMissing: row(400, 'invalid_request', oauthCode, "The parameter 'grant_type' is not set"),
  grantTypeUnknown: row(
    400,
    'unsupported_grant_type',
    oauthCode,
    "The only 'grant_type' is client_credentials",
  ),
  scopeInvalid: row(
    400,
    'invalid_scope',
    oauthCode,
    'The scope is unknown, malformed, or not one of this application',
  ),
  clientInvalid: row(401, 'invalid_client', oauthCode, 'Invalid client'),
  tokenInvalid: row(401, 'invalid_client', oauthCode, 'The access token is invalid'),
  tokenExpired: row(401, 'invalid_client', oauthCode, 'The access token has expired'),
  apiKeyInvalid: row(401, 'invalid_api_key', 401, 'The API key is missing or invalid'),
  scopeMissing: row(403, 'insufficient_scope', 403, 'The access token has not the needed scope'),
  applicationUnknown: row(404, 'not_found', 1500, 'Application ID not found'),
  bodyInvalid: row(400, 'invalid_body', 400, 'The body is not a JSON object'),

  phoneNumberEmpty: param(2001, "The parameter 'phoneNumber' is empty or not set"),
  countryEmpty: param(2002, "The parameter 'countryIso' is empty or not set"),
  countryInvalid: param(2003, 'Country ISO provided is invalid'),
  fromEmpty: param(2004, "The parameter 'from' is empty or not set"),
  fromInvalid: param(2005, "The parameter 'from' has less than 3 or more than 15 characters"),
  templateEmpty: param(2006, "The parameter 'template' is empty or not set"),
  templateWithoutPin: param(2006, "The parameter 'template' has no placeholder {{pin}}"),
  templateInvalid: param(2006, "The parameter 'template' cannot be sent as a text message"),
  ttlNoNumber: param(2007, "The parameter 'ttl' is not a number"),
  ttlLow: param(2008, "Min value for 'ttl' is 60 seconds"),
  ttlHigh: param(2009, "Max value for 'ttl' is 1800 seconds"),
  maxAttemptsNoNumber: param(2010, "The parameter 'maxAttempts' is not a number"),
  maxAttemptsLow: param(2011, "Min value for 'maxAttempts' is 1"),
  maxAttemptsHigh: param(2012, "Max value for 'maxAttempts' is 10"),
  pinTypeEmpty: param(2013, "The parameter 'pinType' is empty or not set"),
  pinTypeUnknown: param(2014, "The 'pinType' is none of letters, numbers, alphanumeric"),
  pinLengthNoNumber: param(2015, "The parameter 'pinLength' is not a number"),
  pinLengthLow: param(2016, "Min value for 'pinLength' is 4"),
  pinLengthHigh: param(2017, "Max value for 'pinLength' is 10"),
  trackIdInvalid: param(2018, "The parameter 'trackId' is not a UUID (v1-v5)"),
  callbackUrlInvalid: param(2019, "The parameter 'otpCallbackUrl' is not a URL to call back"),
  phoneNumberInvalid: param(2020, 'The phone number provided is invalid'),
  otpUnknown: row(404, 'not_found', 2021, 'Otp ID not found'),
  pinEmpty: param(2022, "The parameter 'pin' is empty or not set"),
  otpVerified: row(400, 'otp_verified', 2023, 'The OTP was already verified'),
  otpCancelled: row(400, 'otp_cancelled', 2024, 'The OTP was cancelled'),
  otpExpired: row(400, 'otp_expired', 2025, 'The OTP has expired'),
  otpFailed: row(400, 'otp_failed', 2026, 'The OTP has failed'),
  attemptsReached: row(400, 'otp_failed', 2027, 'Max attempts reached'),
  pinExpired: row(400, 'otp_expired', 2028, 'The PIN has expired'),
  pinWrong: row(400, 'invalid_pin', 2029, 'The PIN provided does not verify'),
  alreadyCancelled: row(403, 'access_denied', 2030, 'The OTP is cancelled already'),
  notPending: row(403, 'access_denied', 2031, 'Only a pending OTP can be cancelled'),

  creditMissing: row(400, 'insufficient_credit', 1113, 'Insufficient credit'),
  creditLimit: row(400, 'insufficient_credit', 1114, 'Credit limit reached'),
  noCoverage: row(403, 'no_coverage', 1119, 'No coverage or restricted destination'),
  channelDenied: row(403, 'access_denied', 403, 'This application may not send text messages'),
  rateLimit: row(429, 'rate_limit', 429, 'Too many requests for this phone number'),
  serverError: row(500, 'server_error', 500, 'Something went wrong on our side'),
} as const satisfies Record<string, VendorError>;

const faultTypes: Record<RequestFaultCode, ErrorType> = {
  request_malformed: 'invalid_body',
  headers_too_large: 'invalid_request',
  route_not_found: 'not_found',
  method_not_allowed: 'invalid_method',
  body_too_large: 'invalid_body',
  unsupported_media_type: 'invalid_body',
  storage_unavailable: 'server_error',
  internal_error: 'server_error',
};

/** What the service refuses, said by the vendor. The others cannot come of the calls made here. */
const refusals: Record<RefusalCode, VendorError> = {
  request_invalid: row(400, 'invalid_request', 400, 'The request cannot be done as it is'),
  recipient_invalid: errors.phoneNumberInvalid,
  recipient_unsupported: errors.phoneNumberInvalid,
  code_invalid: errors.pinLengthLow,
  template_invalid: errors.templateInvalid,
  template_not_found: errors.templateInvalid,
  variables_invalid: errors.templateInvalid,
  callback_url_refused: errors.callbackUrlInvalid,
  not_available: errors.serverError,
  channel_unavailable: errors.noCoverage,
  channel_not_allowed: errors.channelDenied,
  country_not_allowed: errors.noCoverage,
  limit_reached: errors.rateLimit,
  budget_exhausted: errors.creditLimit,
  balance_exhausted: errors.creditMissing,
  verification_exists: errors.rateLimit,
  verification_not_found: errors.otpUnknown,
  verification_finished: errors.notPending,
  message_not_found: errors.serverError,
  template_in_use: errors.serverError,
  idempotency_key_reused: errors.serverError,
  idempotency_key_in_use: errors.serverError,
};

/** `more` stands beside the error: the status of the OTP, which some clients read there. */
export function answerError(
  reply: FastifyReply,
  error: VendorError,
  more: object = {},
): FastifyReply {
  const { status, type, message, code } = error;
  if (!reply.hasHeader('X-Rate-Limit-Limit')) setVendorHeaders(reply);
  return reply.code(status).send({ error: { type, message, uri, code }, ...more });
}

export function answerRefusal(reply: FastifyReply, refusal: Refusal): FastifyReply {
  const error = withReason(refusals[refusal.code], refusal);
  if (error.status === 429) {
    const seconds = refusal.retryAfterSeconds ?? 1;
    setVendorHeaders(reply, { limit: refusal.limit?.max ?? 1, remaining: 0 });
    reply.headers({
      'X-Rate-Limit-Reset': Math.ceil(Date.now() / 1000) + seconds,
      'Retry-After': seconds,
    });
  }
  return answerError(reply, error);
}

/** A text may be refused for much, so its sentence goes on with what it is. */
function withReason(error: VendorError, { detail, pointer }: Refusal): VendorError {
  if (error !== errors.templateInvalid) return error;
  const name = pointer?.match(/^\/variables\/(.+)$/)?.[1];
  const reason = name === undefined ? detail : `The placeholder {{${name}}} has no value here.`;
  return { ...error, message: `${error.message}. ${reason}` };
}

export function answerFault({ code, detail }: RequestFault, reply: FastifyReply): FastifyReply {
  const status = faultStatus[code];
  return answerError(reply, { status, type: faultTypes[code], code: status, message: detail });
}

function param(code: number, message: string): VendorError {
  return row(400, 'invalid_param', code, message);
}

function row(status: number, type: ErrorType, code: number, message: string): VendorError {
  return { status, type, code, message };
}
