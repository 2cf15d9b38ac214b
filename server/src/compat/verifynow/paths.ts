export const tokenPath = '/auth/v1/authentication/token';
