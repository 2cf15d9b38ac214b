import { decimalHandle } from '#domain/handle.ts';
import { nationalNumber } from '../people.ts';
import {
  bodyOf,
  budgetOfDay,
  type Door,
  limitsOfRecipient,
  noSuchCall,
  nothingSaid,
  shown,
  unexpected,
} from './door.ts';

interface Body {
  readonly responseCode: number;
  readonly data?: {
    readonly verificationId: string | null;
    readonly mobileNumber: string | null;
    readonly timeout?: string | null;
  };
}

/** Of a validate that is not right. */
const reasons = new Map([
  [505, 'verification_not_found'],
  [700, 'canceled'],
  [702, 'wrong_code'],
  [703, 'already_used'],
  [705, 'expired'],
  [800, 'too_many_checks'],
]);

/** Sends SMS by version 2 and WhatsApp by version 3, which alone has it. */
export const verifynow: Door = {
  name: 'verifynow',
  takesMail: false,
  login: {
    request({ customerId = '', key = '' }) {
      const query = new URLSearchParams({ customerId, key, scope: 'NEW' });
      return { method: 'GET', path: `/auth/v1/authentication/token?${query}` };
    },
    tokenOf: (answer) => bodyOf<{ token: string }>(answer).token,
  },
  say({ person, way, codeLength }) {
    const length = codeLength === null ? null : Math.min(8, codeLength);
    const channel = way % 2 === 0 ? 'sms' : 'whatsapp';
    const destinations = [{ channel, to: person.recipient, ledger: person.ledger } as const];
    return { ...nothingSaid, destinations, purpose: 'verifynow', codeLength: length };
  },
  request(operation, { credentials, token, idOf }) {
    const headers = { authToken: token ?? '' };
    const { customerId = '' } = credentials;
    switch (operation.kind) {
      case 'start': {
        const isSms = operation.destinations.every(({ channel }) => channel === 'sms');
        const query = new URLSearchParams({
          ...(isSms ? { customerId } : {}),
          countryCode: '91',
          mobileNumber: nationalNumber(operation.recipient),
          flowType: isSms ? 'SMS' : 'WHATSAPP',
        });
        if (operation.codeLength !== null) query.set('otpLength', String(operation.codeLength));
        const path = isSms ? '/verification/v2/verification/send' : '/verification/v3/send';
        return { method: 'POST', path: `${path}?${query}`, headers };
      }
      case 'check': {
        const verificationId = decimalHandle(idOf(operation.verification));
        const query = new URLSearchParams({ verificationId, code: operation.code });
        return { method: 'GET', path: `/verification/v3/validateOtp?${query}`, headers };
      }
      default:
        throw noSuchCall(operation);
    }
  },
  read(operation, answer) {
    const { responseCode, data } = bodyOf<Body>(answer);
    const id = data?.verificationId ?? undefined;
    const recipient = data?.mobileNumber ? `+91${data.mobileNumber}` : undefined;
    if (operation.kind === 'check') {
      const outcome = responseCode === 200 ? 'approved' : reasons.get(responseCode);
      if (outcome === undefined) throw unexpected(operation, answer);
      return shown(responseCode, { outcomes: [outcome], id, recipient });
    }
    switch (responseCode) {
      case 200: {
        const lifetimeSeconds = Number(data?.timeout);
        return shown(200, { outcomes: ['done'], id, recipient, lifetimeSeconds });
      }
      case 506:
        return shown(506, { outcomes: ['verification_exists'], id });
      case 800:
        return shown(800, { outcomes: [...limitsOfRecipient, budgetOfDay] });
      default:
        throw unexpected(operation, answer);
    }
  },
};
