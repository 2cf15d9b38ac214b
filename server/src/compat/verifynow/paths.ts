/** The v3 paths have no second `verification`. */
export const tokenPath = '/auth/v1/authentication/token';
export const sendPaths = { v2: '/verification/v2/verification/send', v3: '/verification/v3/send' };
export const validatePaths = {
  v2: '/verification/v2/verification/validateOtp',
  v3: '/verification/v3/validateOtp',
};
/** Where the vendor has other calls, and clients guess at a resend that it does not have. */
export const otherPaths = ['/verification/*', '/auth/v1/*'];

export type Version = keyof typeof sendPaths;
