/**
 * The envelope of every answer but the token's: `responseCode` is a number outside and a text
 * inside, and clients compare both strictly. What a call came to is HTTP 200 in any case.
 *
 * A check that fails has no `data`, as the vendor's own service answers it: there are clients that
 * take `data` for success. Where a sentence helps, and for the id that a 506 names, it has the
 * members of a success with null in all others.
 */
import { type Failure, responseCodes } from '#compat/verifynow/codes.ts';
import { lifetimeSeconds } from '#compat/verifynow/door.ts';

interface Sent {
  readonly verificationId: string;
  readonly mobileNumber: string;
}

export function sentAnswer(sent: Sent): object {
  return envelope('SUCCESS', sentData('SUCCESS', sent, null));
}

/** One is live already: clients go on with its id. */
export function alreadySentAnswer(sent: Sent): object {
  const name = 'REQUEST_ALREADY_EXISTS';
  const sentence = 'A code for this number is still valid. Check it, or wait until it has expired.';
  return envelope(name, sentData(name, sent, sentence));
}

export function unsentAnswer({ name, errorMessage }: Failure): object {
  if (errorMessage === null) return envelope(name);
  return envelope(name, sentData(name, null, errorMessage));
}

export function verifiedAnswer(verified: Sent): object {
  return envelope('SUCCESS', validatedData('SUCCESS', verified, null));
}

export function unverifiedAnswer({ name, errorMessage }: Failure): object {
  if (errorMessage === null) return envelope(name);
  return envelope(name, validatedData(name, null, errorMessage));
}

type Name = keyof typeof responseCodes;

function envelope(name: Name, data?: object): object {
  return {
    responseCode: responseCodes[name],
    message: name,
    ...(data === undefined ? {} : { data }),
  };
}

function sentData(name: Name, sent: Sent | null, errorMessage: string | null): object {
  return {
    verificationId: sent?.verificationId ?? null,
    mobileNumber: sent?.mobileNumber ?? null,
    responseCode: String(responseCodes[name]),
    errorMessage,
    timeout: sent === null ? null : String(lifetimeSeconds),
    smsCLI: null,
    transactionId: null,
  };
}

function validatedData(name: Name, verified: Sent | null, errorMessage: string | null): object {
  return {
    verificationId: verified?.verificationId ?? null,
    mobileNumber: verified?.mobileNumber ?? null,
    verificationStatus: verified === null ? null : 'VERIFICATION_COMPLETED',
    responseCode: String(responseCodes[name]),
    errorMessage,
    transactionId: null,
    authToken: null,
  };
}
