import { uuidHandle } from '#domain/handle.ts';
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
  readonly ReferenceID?: string;
  readonly Status?: string;
}

const service = '/prweb/PRRestService/api/v1/authenticate/otp';
const contexts = ['', 'login'] as const;

/** It follows the application's rule for a second start, so a generate may be a send again too. */
const limits = [...limitsOfRecipient, ...limitsOfResend, 'verification_checks', budgetOfDay];
const refusals = ['verification_exists', 'verification_finished', 'code_invalid'];
/** The vendor has one word for all of them. */
const failures = [
  'wrong_code',
  'expired',
  'too_many_checks',
  'already_used',
  'canceled',
  'verification_not_found',
];

export const pega: Door = {
  name: 'pega',
  takesMail: true,
  say({ person: { recipient, ledger }, purpose }) {
    const channel = recipient.includes('@') ? 'email' : 'sms';
    const context = contexts[purpose % contexts.length] ?? '';
    return {
      ...nothingSaid,
      destinations: [{ channel, to: recipient, ledger }],
      purpose: context === '' ? 'pega' : `pega:${context}`,
    };
  },
  request(operation, { credentials: { username, password }, idOf }) {
    const pair = Buffer.from(`${username}:${password}`).toString('base64');
    const headers = { authorization: `Basic ${pair}` };
    switch (operation.kind) {
      case 'start': {
        const { recipient, purpose } = operation;
        const [, Context] = purpose.split(':');
        const isMail = recipient.includes('@');
        const body = isMail
          ? { Context, EmailSettings: { ToAddress: recipient } }
          : { Context, SMSSettings: { ToPhoneNumber: recipient } };
        return { method: 'POST', path: `${service}/${isMail ? 'email' : 'sms'}`, headers, body };
      }
      case 'check': {
        const ReferenceID = uuidHandle(idOf(operation.verification));
        const query = new URLSearchParams({ OTPValue: operation.code, ReferenceID });
        return { method: 'GET', path: `${service}/verify?${query}`, headers };
      }
      default:
        throw noSuchCall(operation);
    }
  },
  read(operation, answer) {
    const { ReferenceID: id, Status } = bodyOf<Body>(answer);
    const { status, retryAfterSeconds: waitSeconds } = answer;
    if (operation.kind === 'check' && status === 200) {
      if (Status === 'SUCCESS') return shown('SUCCESS', { outcomes: ['approved'] });
      if (Status === 'FAIL') return shown('FAIL', { outcomes: failures });
    }
    if (operation.kind === 'start') {
      if (id !== undefined) return shown(status, { outcomes: ['done'], id });
      if (status === 429) return shown(status, { outcomes: limits, waitSeconds });
      if (status === 400) return shown(status, { outcomes: refusals });
    }
    throw unexpected(operation, answer);
  },
};
