export const tokenPath = '/v3/oauth/token/generate';
export const otpPath = '/v2/otp';
