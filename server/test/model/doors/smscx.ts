import { uuidHandle } from '#domain/handle.ts';
import type { Facts, Status } from '../operations.ts';
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
  readonly otpId?: string;
  readonly trackId?: string | null;
  readonly phoneNumber?: string;
  readonly status?: string;
  readonly cost?: number;
  readonly parts?: number;
  readonly maxAttempts?: number;
  readonly attempts?: number;
  readonly ttl?: number;
  readonly dateCreated?: string;
  readonly dateExpires?: string;
  readonly info?: { readonly id: string };
  readonly error?: { readonly code: number };
}

const statuses = new Map<string | undefined, Status>([
  ['PENDING', 'pending'],
  ['VERIFIED', 'approved'],
  ['FAILED', 'failed'],
  ['EXPIRED', 'expired'],
  ['CANCELLED', 'canceled'],
]);

/** The try that meets the end has another code than those after it. */
const refusedTries = new Map<number, readonly Facts[]>([
  [2021, [{ outcomes: ['verification_not_found'] }]],
  [2023, [{ outcomes: ['already_used'] }]],
  [2024, [{ outcomes: ['canceled'] }]],
  [2025, [{ outcomes: ['expired'], isFirstAtEnd: false }]],
  [2026, [{ outcomes: ['too_many_checks'], isFirstAtEnd: false }]],
  [2027, [{ outcomes: ['wrong_code', 'too_many_checks'], isFirstAtEnd: true }]],
  [2028, [{ outcomes: ['expired'], isFirstAtEnd: true }]],
  [2029, [{ outcomes: ['wrong_code'], isFirstAtEnd: false }]],
]);

const refusedCancels = new Map<number, Facts>([
  [2021, { outcomes: ['verification_not_found'] }],
  [2030, { outcomes: ['done'], isFirstAtEnd: false }],
  [2031, { outcomes: ['verification_finished'] }],
]);

export const smscx: Door = {
  name: 'smscx',
  takesMail: false,
  say({ person: { recipient, ledger }, checksMax, lifetimeSeconds, codeLength }) {
    return {
      ...nothingSaid,
      destinations: [{ channel: 'sms', to: recipient, ledger }],
      purpose: 'smscx',
      checksMax,
      // The vendor's bounds: 60 to 1800 seconds.
      lifetimeSeconds: lifetimeSeconds === null ? null : Math.max(60, lifetimeSeconds * 2),
      codeLength,
    };
  },
  request(operation, { credentials, idOf }) {
    const headers = { 'x-api-key': credentials['apiKey'] ?? '' };
    switch (operation.kind) {
      case 'start': {
        const { recipient, reference, checksMax, lifetimeSeconds, codeLength } = operation;
        const body = {
          phoneNumber: recipient,
          template: 'Your code is {{pin}}',
          pinType: 'numbers',
          pinLength: codeLength,
          ttl: lifetimeSeconds,
          maxAttempts: checksMax,
          trackId: reference,
        };
        return { method: 'POST', path: '/otp', headers, body };
      }
      case 'check': {
        const path = `/otp/${uuidHandle(idOf(operation.verification))}`;
        return { method: 'POST', path, headers, body: { pin: operation.code } };
      }
      case 'cancel': {
        const path = `/otp/${uuidHandle(idOf(operation.verification))}`;
        return { method: 'DELETE', path, headers };
      }
      default:
        throw noSuchCall(operation);
    }
  },
  read(operation, answer) {
    const body = bodyOf<Body>(answer);
    const code = body.error?.code ?? answer.status;
    switch (operation.kind) {
      case 'start': {
        if (body.otpId !== undefined && body.trackId === operation.reference) {
          return shown(code, factsOf(body));
        }
        const waitSeconds = answer.retryAfterSeconds;
        if (code === 429) return shown(code, { outcomes: limitsOfRecipient, waitSeconds });
        if (code === 1114) return shown(code, { outcomes: [budgetOfDay] });
        throw unexpected(operation, answer);
      }
      case 'check':
        return shown(code, ...(triesOf(body) ?? fail(operation, answer)));
      default: {
        const id = body.info?.id;
        if (id !== undefined) return shown(code, { outcomes: ['done'], id, isFirstAtEnd: true });
        const refused = refusedCancels.get(code);
        if (refused === undefined) throw unexpected(operation, answer);
        return shown(code, refused);
      }
    }
  },
};

function triesOf({ status, error }: Body): readonly Facts[] | undefined {
  const facts = error === undefined ? [{ outcomes: ['approved'] }] : refusedTries.get(error.code);
  return facts?.map((one) => ({ ...one, status: statuses.get(status) }));
}

function fail(...what: Parameters<typeof unexpected>): never {
  throw unexpected(...what);
}

/** Every message of the tests has one part and costs five cents. */
function factsOf(body: Body): Facts {
  const { parts = 0, cost } = body;
  if (cost !== parts * 0.05) throw new Error(`SMS.CX asks ${cost} for ${parts} messages.`);
  return {
    outcomes: ['done'],
    id: body.otpId,
    recipient: body.phoneNumber,
    status: statuses.get(body.status),
    checksMax: body.maxAttempts ?? 0,
    checksWrong: body.attempts ?? 0,
    lifetimeSeconds: body.ttl ?? 0,
    deliveries: parts,
    createdAtMs: timeOf(body.dateCreated),
    expiresAtMs: timeOf(body.dateExpires),
  };
}

function timeOf(date = ''): number {
  return Date.parse(`${date.replace(' ', 'T')}Z`);
}
