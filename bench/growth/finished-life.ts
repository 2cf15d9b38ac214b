/** A verification that is over and its delivery, made up, in the sizes that real ones have. */
import { randomBytes } from 'node:crypto';
import type { IdPrefix } from '../../server/src/domain/id.ts';
import type { VerificationRecord } from '../../server/src/service/records.ts';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const headSymbols = 11;
const idSymbols = 28;
const hashSymbols = 43;
/** A start by phone, sealed, in base64url. */
const sealedRequestSymbols = 300;
const lifetimeMs = 300_000;
const answeredAfterMs = 15_000;
const poolSymbols = 1 << 20;

/** Slices of it stand for whatever is random: a million recipients come back now and then. */
const hashPool = randomBytes(poolSymbols).toString('base64url');
const idPool = Array.from(randomBytes(poolSymbols), (byte) => alphabet[byte & 31]).join('');

let state = 1;

/** A number below `bound`, from a generator that takes next to no time: nobody has to guess it. */
function draw(bound: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * bound);
}

function sliceOf(pool: string, length: number): string {
  const at = draw(poolSymbols - length);
  return pool.slice(at, at + length);
}

export function randomSlice(length: number): string {
  return sliceOf(hashPool, length);
}

/** An id with that head, as `formatId` of the server makes them, in a tenth of the time. */
export function idOf(prefix: IdPrefix, head: number): string {
  let text = '';
  let rest = head;
  for (let position = 0; position < headSymbols; position++) {
    text = alphabet.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return `${prefix}_${text}${sliceOf(idPool, idSymbols)}`;
}

export interface FinishedLife {
  readonly record: VerificationRecord;
  readonly deliveryId: string;
  readonly deliveryHistory: string;
  readonly sealedRequest: string;
}

/** Seven of eight are approved, the others expire. */
export function finishedLife(
  applicationId: string,
  { atMs, head }: { readonly atMs: number; readonly head: number },
): FinishedLife {
  const isApproved = draw(8) > 0;
  const recipientHash = randomSlice(hashSymbols);
  const finishedAtMs = atMs + (isApproved ? answeredAfterMs : lifetimeMs);
  const status = isApproved ? 'approved' : 'expired';
  return {
    record: {
      id: idOf('vf', head),
      applicationId,
      origin: 'api',
      purpose: 'login',
      recipientHash,
      ledgerKey: randomSlice(hashSymbols),
      country: 'DE',
      channel: 'sms',
      sealedCode: null,
      sealedRequest: null,
      codeBits: 19.93,
      codeVersion: 1,
      status,
      checksUsed: isApproved ? 1 : 0,
      checksWrong: 0,
      checksMax: 5,
      sendsUsed: 1,
      sendsMax: 5,
      lifetimeMs,
      createdAtMs: atMs,
      expiresAtMs: atMs + lifetimeMs,
      lifeEndsAtMs: atMs + 600_000,
      resendAllowedAtMs: atMs + 30_000,
      finishedAtMs,
      transactionHash: null,
      reference: null,
      metadata: null,
      hasCallback: false,
      blockedReason: null,
      history: [
        { atMs, event: 'started', detail: null },
        { atMs: finishedAtMs, event: status, detail: null },
      ],
    },
    deliveryId: idOf('dl', head),
    deliveryHistory: `[[${atMs},"queued"],[${atMs + 4},"sent"]]`,
    sealedRequest: randomSlice(sealedRequestSymbols),
  };
}
