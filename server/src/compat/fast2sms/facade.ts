import type { Facade } from '#compat/facade.ts';
import { credentials } from '#compat/fast2sms/credentials.ts';
import { answerFault } from '#compat/fast2sms/errors.ts';
import { createGatewayRoutes } from '#compat/fast2sms/gateway.ts';
import { createOtpRoutes } from '#compat/fast2sms/managed-otp.ts';
import { readSettings } from '#compat/fast2sms/settings.ts';

/** Fast2SMS: the SMS gateway, and its managed OTP. */
export const fast2sms: Facade = {
  name: 'fast2sms',
  credentials,
  roots: ['/dev'],
  bodies: { reads: ['json', 'form', 'multipart'], otherwise: 'refused' },
  routes: ({ service }) => [...createGatewayRoutes(service), ...createOtpRoutes(service)],
  answerFault,
  readSettings,
};
