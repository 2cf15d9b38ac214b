/**
 * Every error that `/v1` answers: one row each, nothing else makes up a status or a title.
 *
 * Rules:
 * 1. A row says what the code means whatever the request was; the sentence about this request is
 *    the refusal's own `detail`.
 * 2. 422 where the request cannot be done as it stands, whether its form or a rule of the
 *    application is against it; 409 where it could be done in another state of things; 429 where
 *    it could be done later. 403 is for credentials that never may.
 * 3. 429 and 503 always carry `Retry-After`, whole seconds, at least 1 (RFC 9110 section 10.2.3).
 * 4. Each code has its heading in `docs/reference/errors.md` and its page at `/docs/errors/<code>`.
 */
import type { RefusalCode } from '#domain/refusal.ts';

/** What the edge itself finds wrong, before the service is asked. */
export type EdgeErrorCode =
  | 'not_json'
  | 'request_malformed'
  | 'idempotency_key_invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'route_not_found'
  | 'method_not_allowed'
  | 'request_timeout'
  | 'body_too_large'
  | 'unsupported_media_type'
  | 'headers_too_large'
  | 'internal_error'
  | 'storage_unavailable';

export type ErrorCode = RefusalCode | EdgeErrorCode;

export interface ErrorRow {
  readonly status: number;
  /** Same for every occurrence (RFC 9457 section 3.1.3). */
  readonly title: string;
  readonly whatToDo: string;
  /**
   * The status where the missing thing was named by a field of the body: a 404 would say that the
   * address of the request is wrong.
   */
  readonly statusOfField?: number;
  /** Said where the refusal does not know better. */
  readonly retryAfterSeconds?: number;
}

export const errorTable: Record<ErrorCode, ErrorRow> = {
  not_json: {
    status: 400,
    title: 'The body is not JSON',
    whatToDo:
      'Send one JSON object in UTF-8, with `Content-Type: application/json`. A body is needed ' +
      'even where every field is optional, unless the call says that it takes none.',
  },
  request_malformed: {
    status: 400,
    title: 'The request is not valid HTTP',
    whatToDo: 'Send it with a standard HTTP client, and look at what a proxy between may change.',
  },
  idempotency_key_invalid: {
    status: 400,
    title: 'The Idempotency-Key cannot be used',
    whatToDo:
      'Send one `Idempotency-Key` header of 1 to 255 visible ASCII characters, a random UUID for ' +
      'example, or none.',
  },
  unauthenticated: {
    status: 401,
    title: 'No valid API key',
    whatToDo:
      'Send `Authorization: Bearer` and the API key. A key that was revoked stays revoked: make ' +
      'another one with `watchword api-key create`.',
  },
  forbidden: {
    status: 403,
    title: 'This credential may not do that',
    whatToDo: 'Use a credential that is meant for this call, from where it is allowed.',
  },
  route_not_found: {
    status: 404,
    title: 'There is nothing at this path',
    whatToDo:
      'Compare the path with the reference at /docs. The sandbox is there in development only.',
  },
  verification_not_found: {
    status: 404,
    title: 'There is no such verification',
    whatToDo:
      'Use the id that the start answered, with a key of the same application. A check by ' +
      'recipient needs a pending verification of that recipient and purpose: start one.',
  },
  message_not_found: {
    status: 404,
    title: 'No such message',
    whatToDo: 'Send one, or check the id and that the key is of the same application.',
  },
  template_not_found: {
    status: 404,
    statusOfField: 422,
    title: 'There is no such template',
    whatToDo: 'List the templates of the application and use one of their names, or save it first.',
  },
  method_not_allowed: {
    status: 405,
    title: 'The path does not have this method',
    whatToDo: 'Use one of the methods that the `Allow` header names.',
  },
  request_timeout: {
    status: 408,
    title: 'The request did not arrive in time',
    whatToDo: 'Send it again, headers and body without a pause between them.',
  },
  verification_exists: {
    status: 409,
    title: 'A verification is pending already',
    whatToDo:
      'Check, resend or cancel the pending one, or set `secondStart` of the ' +
      'application to `supersede`, `reuse` or `redirect`.',
  },
  verification_finished: {
    status: 409,
    title: 'The verification is over',
    whatToDo: 'Read its status. To prove the recipient again, start a new verification.',
  },
  template_in_use: {
    status: 409,
    title: 'The template is the default of the application',
    whatToDo:
      'Set `template` of the application to another one, or to `null`. Then the template can be ' +
      'deleted or become a draft.',
  },
  idempotency_key_in_use: {
    status: 409,
    title: 'The first request with this key is still being done',
    whatToDo: 'Wait a moment and send the same request again: it answers what the first one did.',
    retryAfterSeconds: 1,
  },
  body_too_large: {
    status: 413,
    title: 'The body is too large',
    whatToDo: 'Shorten it. The reference says how many bytes each call takes.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The body has a type that is not read here',
    whatToDo: 'Send `Content-Type: application/json` and no `Content-Encoding`.',
  },
  request_invalid: {
    status: 422,
    title: 'The request is not valid',
    whatToDo: 'Correct the fields that `errors` points to.',
  },
  recipient_invalid: {
    status: 422,
    title: 'The recipient is no phone number or e-mail address',
    whatToDo:
      'Send the number with its country code (+14155550123), or a national one with `country`, ' +
      'or an e-mail address.',
  },
  recipient_unsupported: {
    status: 422,
    title: 'This kind of recipient cannot be reached',
    whatToDo:
      'Use a number that takes messages on this channel. Premium, satellite, shared-cost and ' +
      'pager numbers are never served; landlines only by voice.',
  },
  code_invalid: {
    status: 422,
    title: 'The wish for the code cannot be met',
    whatToDo:
      'Ask for 6 to 10 characters, or a custom code of letters and digits. Four and five ' +
      'characters need `allowShortCodes` of the application.',
  },
  template_invalid: {
    status: 422,
    title: 'The text cannot be sent',
    whatToDo: 'The text needs `{{code}}` exactly once, known variables, and has a longest length.',
  },
  variables_invalid: {
    status: 422,
    title: 'The variables do not fit the text',
    whatToDo: 'Give each variable of the text one line of at most 200 characters.',
  },
  callback_url_refused: {
    status: 422,
    title: 'The callback URL may not be called',
    whatToDo:
      'Use a public https URL. The operator can allow a private one with `WATCHWORD_EGRESS_ALLOW`.',
  },
  not_available: {
    status: 422,
    title: 'This is not available',
    whatToDo: 'Leave the field out. The reference says what is not built.',
  },
  channel_unavailable: {
    status: 422,
    title: 'No provider serves this channel',
    whatToDo: 'Use another channel, or configure a provider for this one.',
  },
  channel_not_allowed: {
    status: 422,
    title: 'The application does not allow this channel',
    whatToDo: 'Use an allowed channel, or add this one to `channels` of the application.',
  },
  country_not_allowed: {
    status: 422,
    title: 'The application does not allow this country',
    whatToDo: 'Add the country to `countries` of the application, if you mean to send there.',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'The Idempotency-Key belongs to another request',
    whatToDo: 'Use a new key for a new request, and the same body for a repeated one.',
  },
  limit_reached: {
    status: 429,
    title: 'A limit is reached',
    whatToDo: 'Wait as long as `Retry-After` says. `limit` names what was reached.',
    retryAfterSeconds: 60,
  },
  budget_exhausted: {
    status: 429,
    title: 'The budget of the day is spent',
    whatToDo: 'Wait for the next UTC day, or raise `dailyBudget` or `countryDailyBudgets`.',
    retryAfterSeconds: 3_600,
  },
  balance_exhausted: {
    status: 429,
    title: 'The balance is used up',
    whatToDo:
      'Set `balance` of the application to the number of messages that it may hand over from now ' +
      'on, or to `null` for no bound.',
    retryAfterSeconds: 3_600,
  },
  headers_too_large: {
    status: 431,
    title: 'The headers are too large',
    whatToDo: 'Send at most 16 kB of headers, the address included.',
  },
  internal_error: {
    status: 500,
    title: 'Something is broken on our side',
    whatToDo: 'Report the `requestId` to the operator: the log has the reason under it.',
  },
  storage_unavailable: {
    status: 503,
    title: 'The storage cannot be reached',
    whatToDo: 'Send the request again after `Retry-After`. Nothing was changed.',
    retryAfterSeconds: 2,
  },
};

export const errorCodes = Object.keys(errorTable) as readonly ErrorCode[];

/** The address that `type` of a problem names and that answers with its explanation. */
export function errorTypeUrl(publicUrl: string, code: ErrorCode): string {
  return `${publicUrl}/docs/errors/${code}`;
}
