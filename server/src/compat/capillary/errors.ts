/**
 * How Capillary says that something went wrong: `errors`, a list of codes with their texts, which
 * stand in quotation marks of their own. Its documents do not say which status of HTTP goes with
 * them; here it is 400, and 429 where a limit is reached.
 *
 * What has no code of the vendor's (who asks may not, the request as a whole cannot be read) has
 * the status of HTTP as its code. A gateway that is not there has an error without any.
 */
import type { FastifyReply } from 'fastify';
import { tokenPath } from '#compat/capillary/paths.ts';
import type { Refusal } from '#domain/refusal.ts';
import { templateBounds } from '#domain/template.ts';
import { faultStatus, type RequestFault } from '#service/request-fault.ts';

export const otpErrors = {
  517: 'Rate limit exceeded',
  600: 'Invalid or Null action passed',
  601: 'Invalid or Null entity type passed',
  602: 'Invalid or Null entity value passed',
  603: 'Invalid or Null communication channel value passed',
  604: 'No OTP passed',
  605: 'OTP is either invalid, expired or null',
  606: 'Unable to generate OTP at the moment',
  607: 'WhatsApp template name is missing',
  608: 'Unable to fetch the template',
  621: 'Zalo template identifier is empty',
  8056: 'Invalid mobile number',
} as const;

export type OtpErrorCode = keyof typeof otpErrors;

export interface OtpError {
  readonly code: OtpErrorCode | null;
  /** What is added to, or stands in the place of, the text of the code. */
  readonly detail?: string;
  readonly retryAfterSeconds?: number;
}

/** With the vendor's header that names a call, by which it is found in our log. */
export function answer(reply: FastifyReply, status: number, body: object): FastifyReply {
  return reply.header('X-CAP-REQUEST-ID', reply.request.id).code(status).send(body);
}

/** All of them in one answer. */
export function answerErrors(reply: FastifyReply, errors: readonly OtpError[]): FastifyReply {
  const waits = errors.flatMap(({ retryAfterSeconds = 0 }) => retryAfterSeconds);
  const longest = Math.max(0, ...waits);
  if (longest > 0) reply.header('Retry-After', String(longest));
  return answer(reply, statusOf(errors), { errors: errors.map(itemOf) });
}

function statusOf(errors: readonly OtpError[]): number {
  if (errors.some(({ code }) => code === null)) return 503;
  return errors.some(({ code }) => code === 517) ? 429 : 400;
}

function itemOf({ code, detail }: OtpError) {
  const text = code === null ? detail : [otpErrors[code], detail].filter(Boolean).join('. ');
  return { status: false, code, message: quoted(text ?? 'Gateway error') };
}

/** Without a code of the vendor's. */
export function answerStatus(reply: FastifyReply, status: number, text: string): FastifyReply {
  const errors = [{ status: false, code: status, message: quoted(text) }];
  const [path = ''] = reply.request.url.split('?', 1);
  return answer(reply, status, path.includes(tokenPath) ? { data: null, errors } : { errors });
}

export function answerFault({ code, detail }: RequestFault, reply: FastifyReply): FastifyReply {
  return answerStatus(reply, faultStatus[code], detail);
}

/** Why the service makes no code, or compares none. Our own words stay on our side. */
export function errorOf(refusal: Refusal): OtpError {
  const { retryAfterSeconds, limit } = refusal;
  const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  switch (refusal.code) {
    case 'limit_reached':
      // Every guess is spent, so the code that would be sent again could not be checked.
      return limit?.name === 'verification_checks' ? { code: 606 } : { code: 517, ...wait };
    case 'template_not_found':
      return { code: 608 };
    case 'template_invalid':
    case 'variables_invalid':
      return { code: 608, detail: textRule };
    case 'channel_unavailable':
      return { code: null, detail: `Gateway error: there is no gateway for ${typeOf(refusal)}` };
    case 'recipient_invalid':
    case 'recipient_unsupported':
      return { code: 8056 };
    case 'country_not_allowed':
      return { code: 606, detail: 'Numbers of this country are not allowed' };
    default:
      return { code: 606 };
  }
}

const textRule =
  `A text has at most ${templateBounds.textCharactersMax} characters, the placeholder ` +
  '{{ validation_code }}, and no other that is unknown here';

/** What the vendor calls the channel that nobody carries. */
function typeOf({ channel }: Refusal): string {
  return channel === 'voice' ? 'PHONE' : (channel ?? 'this channel').toUpperCase();
}

function quoted(text: string): string {
  return `"${text}"`;
}
