/** The vendor's list of what a call came to. Its 409, `DUPLICATE_RESOURCE`, is never answered. */
export const responseCodes = {
  SUCCESS: 200,
  BAD_REQUEST: 400,
  SERVER_ERROR: 500,
  INVALID_CUSTOMER_ID: 501,
  INVALID_VERIFICATION_ID: 505,
  REQUEST_ALREADY_EXISTS: 506,
  INVALID_COUNTRY_CODE: 511,
  VERIFICATION_FAILED: 700,
  WRONG_OTP_PROVIDED: 702,
  ALREADY_VERIFIED: 703,
  VERIFICATION_EXPIRED: 705,
  MAXIMUM_LIMIT_REACHED: 800,
} as const;

export type ResponseName = keyof typeof responseCodes;

/** Why a send or a check did not do what was asked for. */
export interface Failure {
  readonly name: Exclude<ResponseName, 'SUCCESS'>;
  /** One sentence for whoever integrates; null where the code says it all. */
  readonly errorMessage: string | null;
}

export function failure(name: Failure['name'], errorMessage: string | null = null): Failure {
  return { name, errorMessage };
}

export function fail(...why: Parameters<typeof failure>): {
  readonly ok: false;
  readonly error: Failure;
} {
  return { ok: false, error: failure(...why) };
}
