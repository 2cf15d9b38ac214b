/**
 * The account of a Fast2SMS client: one authorization key, sent as it stands in a header or in the
 * query. Its hash is what it is found by, so nothing else of it is kept. With it come the ids that
 * the vendor's panel would show: of the OTP template, and of an approved message.
 */
import { hash } from 'node:crypto';
import { randomAlphanumeric, randomHex } from '#compat/random-text.ts';
import { mistake, refuseUnknown } from '#compat/read-options.ts';
import { ok } from '#domain/refusal.ts';
import type { CredentialScheme, PresentedCredential } from '#service/facade-port.ts';

/** As long as the vendor's own. */
const keyLength = 60;
/** One that an operator names opens everything by itself, so it must not be guessable. */
const keyPattern = /^[A-Za-z0-9]{40,200}$/;
const otpIdPattern = /^[0-9A-Fa-f]{4,32}$/;
const messageIdPattern = /^[0-9]{4,20}$/;

/** What an account has besides its key. */
export interface AccountIds {
  readonly otpId: string;
  readonly dltMessageId: string;
}

export const credentials: CredentialScheme = {
  make(options) {
    const names = ['authorization', 'otpId', 'dltMessageId'];
    const unknown = refuseUnknown('fast2sms', options, names);
    if (unknown !== null) return unknown;
    const {
      authorization = randomAlphanumeric(keyLength),
      otpId = randomHex(6),
      dltMessageId = String(100_000 + (Number.parseInt(randomHex(4), 16) % 900_000)),
    } = options;
    if (typeof authorization !== 'string' || !keyPattern.test(authorization)) {
      return mistake('authorization', 'An authorization key has 40 to 200 letters and digits.');
    }
    if (typeof otpId !== 'string' || !otpIdPattern.test(otpId)) {
      return mistake('otpId', 'An otpId has 4 to 32 hexadecimal digits.');
    }
    if (typeof dltMessageId !== 'string' || !messageIdPattern.test(dltMessageId)) {
      return mistake('dltMessageId', 'A dltMessageId has 4 to 20 digits.');
    }
    return ok({
      publicId: publicIdOf(authorization),
      secrets: {},
      details: { otpId, dltMessageId },
      shown: { authorization, otpId, dltMessageId },
    });
  },
  present: ({ authorization }) =>
    typeof authorization === 'string' ? presentKey(authorization) : null,
};

/** Null for what no account can have. */
export function presentKey(key: string): PresentedCredential | null {
  return keyPattern.test(key) ? { publicId: publicIdOf(key), secrets: {} } : null;
}

export function accountIdsOf(details: Readonly<Record<string, unknown>>): AccountIds {
  const { otpId, dltMessageId } = details;
  return { otpId: String(otpId), dltMessageId: String(dltMessageId) };
}

function publicIdOf(key: string): string {
  return hash('sha256', key, 'base64url');
}
