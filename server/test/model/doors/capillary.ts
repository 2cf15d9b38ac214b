import { createHash } from 'node:crypto';
import { headOf } from '#domain/id.ts';
import type { Destination } from '../operations.ts';
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
  readonly createdId?: number;
  readonly entity?: boolean;
  readonly warnings?: readonly unknown[];
  readonly errors?: readonly { readonly code: number | null }[];
}

const actions = ['COUPON', 'POINTS'] as const;
const types = { sms: 'SMS', email: 'EMAIL', whatsapp: 'WHATSAPP' } as const;

/** What `createdId` says of a code that is sent again. */
const sentAgain = 1;

/** The number that its clients know a verification by. */
export function createdIdOf(id: string): string {
  return String(headOf(id, 'vf'));
}

export const capillary: Door = {
  name: 'capillary',
  takesMail: true,
  say({ person, way, purpose }) {
    // By WhatsApp it needs a template of the application's, which there is none of here.
    const ways = person.ways.filter((one) => one.every(({ channel }) => channel !== 'whatsapp'));
    const destinations = ways[way % ways.length] ?? [];
    return { ...nothingSaid, destinations, purpose: actions[purpose % actions.length] ?? '' };
  },
  request(operation, { credentials }) {
    const headers = { authorization: basicOf(credentials) };
    switch (operation.kind) {
      case 'start': {
        const { recipient, purpose: action, destinations } = operation;
        const body = { ...entityOf(recipient), action, channels: destinations.map(channelOf) };
        return { method: 'POST', path: '/v2/otp/generate', headers, body };
      }
      case 'recipient-check': {
        const { recipient, purpose: action, code } = operation;
        const body = { ...entityOf(recipient), action, code };
        return { method: 'POST', path: '/v2/otp/validate', headers, body };
      }
      default:
        throw noSuchCall(operation);
    }
  },
  read(operation, answer) {
    const { createdId, entity, warnings = [], errors = [] } = bodyOf<Body>(answer);
    if (warnings.length > 0 || errors.length > 1) throw unexpected(operation, answer);
    const waitSeconds = answer.retryAfterSeconds;
    if (entity !== undefined) {
      return shown(`entity ${entity}`, { outcomes: [entity ? 'approved' : 'wrong_code'] });
    }
    if (createdId !== undefined) {
      const isSentAgain = createdId === sentAgain;
      const id = isSentAgain ? undefined : String(createdId);
      return shown(isSentAgain ? 'again' : 'made', { outcomes: ['done'], isSentAgain, id });
    }
    const code = errors[0]?.code;
    const outcomes = errorsOf[operation.kind]?.get(code);
    if (outcomes === undefined) throw unexpected(operation, answer);
    return shown(String(code), { outcomes, ...(code === 517 ? { waitSeconds } : {}) });
  },
};

const errorsOf: Readonly<Record<string, ReadonlyMap<unknown, readonly string[]>>> = {
  start: new Map([
    [517, [...limitsOfRecipient, ...limitsOfResend, 'recipient_starts_hour']],
    // What was live may have ended, or have no guesses left, when it was to be sent again. One that
    // began elsewhere may have a code of the caller's own that is too short by now.
    [606, [budgetOfDay, 'verification_checks', 'verification_finished', 'code_invalid']],
  ]),
  'recipient-check': new Map([
    [517, ['recipient_checks']],
    [605, ['verification_not_found', 'expired', 'too_many_checks', 'already_used', 'canceled']],
  ]),
};

/** In the place of the password stands its MD5: that is how the vendor's tills send it. */
function basicOf({ tillId = '', password = '' }: Readonly<Record<string, string>>): string {
  const secret = createHash('md5').update(password).digest('hex');
  return `Basic ${Buffer.from(`${tillId}:${secret}`).toString('base64')}`;
}

function entityOf(recipient: string): { entityType: string; entityValue: string } {
  const entityType = recipient.includes('@') ? 'EMAIL' : 'MOBILE';
  // Clients send a number with the country's code and without a plus.
  return { entityType, entityValue: recipient.replace('+', recipient.includes('@') ? '+' : '') };
}

function channelOf({ channel, to }: Destination): { type: string; value: string } {
  return { type: types[channel], value: to };
}
