import { wordHandle } from '#domain/handle.ts';
import { nationalNumber } from '../people.ts';
import {
  bodyOf,
  budgetOfDay,
  type Door,
  limitsOfRecipient,
  limitsOfResend,
  noSuchCall,
  nothingSaid,
  shown,
  unexpected,
} from './door.ts';

interface Body {
  readonly return: boolean;
  readonly status_code: number;
  readonly request_id?: string;
  readonly message: string | readonly string[];
}

/** What a message says, where it says nothing about a success. */
const outcomesOf = new Map<unknown, readonly string[]>([
  [
    'Spamming detected (sending multiple SMS to same number is not allowed)',
    [...limitsOfRecipient, ...limitsOfResend, 'verification_checks'],
  ],
  ["You don't have sufficient wallet balance", [budgetOfDay]],
  ['After many wrong attempts this number needs a longer otp', ['code_invalid']],
  ['Invalid OTP', ['wrong_code']],
  ['OTP expired', ['expired']],
  ['Too many wrong attempts, request a new OTP', ['too_many_checks']],
  ['OTP already verified', ['already_used']],
  ['OTP not found or expired', ['verification_not_found', 'verification_finished', 'canceled']],
]);

/** Managed OTP. The gateway of texts makes no verifications. */
export const fast2sms: Door = {
  name: 'fast2sms',
  takesMail: false,
  say({ person: { recipient, ledger }, customCode, lifetimeSeconds, codeLength }) {
    const isOwn = customCode !== null && /^\d+$/.test(customCode);
    return {
      ...nothingSaid,
      destinations: [{ channel: 'sms', to: recipient, ledger }],
      purpose: 'fast2sms',
      customCode: isOwn ? customCode : null,
      // Whole minutes, and more of them than our own API lets a code live.
      lifetimeSeconds: lifetimeSeconds === null ? null : Math.max(60, lifetimeSeconds * 2),
      codeLength: isOwn ? null : codeLength,
    };
  },
  request(operation, { credentials, idOf }) {
    const headers = { authorization: credentials['authorization'] ?? '' };
    const post = (call: string, body: object) =>
      ({ method: 'POST', path: `/dev/otp/${call}`, headers, body }) as const;
    switch (operation.kind) {
      case 'start': {
        const { recipient, customCode, codeLength, lifetimeSeconds } = operation;
        return post('send', {
          mobile: nationalNumber(recipient),
          otp_id: credentials['otpId'],
          otp: customCode,
          otp_length: codeLength,
          otp_expiry: lifetimeSeconds === null ? null : lifetimeSeconds / 60,
        });
      }
      case 'check': {
        const request_id = wordHandle(idOf(operation.verification));
        return post('verify', { request_id, otp: operation.code });
      }
      case 'recipient-check': {
        const mobile = nationalNumber(operation.recipient);
        return post('verify', { mobile, otp: operation.code });
      }
      case 'resend':
        return post('resend', { request_id: wordHandle(idOf(operation.verification)) });
      case 'recipient-resend':
        return post('resend', { mobile: nationalNumber(operation.recipient) });
      default:
        throw noSuchCall(operation);
    }
  },
  read(operation, answer) {
    const body = bodyOf<Body>(answer);
    const isCheck = operation.kind === 'check' || operation.kind === 'recipient-check';
    if (body.return) {
      const outcomes = [isCheck ? 'approved' : 'done'];
      return shown('true', { outcomes, id: body.request_id });
    }
    const outcomes = outcomesOf.get(body.message);
    if (outcomes === undefined) throw unexpected(operation, answer);
    return shown(body.status_code === 400 ? String(body.message) : body.status_code, { outcomes });
  },
};
