import { credentials } from '#compat/capillary/credentials.ts';
import { answerFault } from '#compat/capillary/errors.ts';
import { createRoutes } from '#compat/capillary/routes.ts';
import { readSettings } from '#compat/capillary/settings.ts';
import type { Facade } from '#compat/facade.ts';

/** Capillary’s OTP of its version 2. */
export const capillary: Facade = {
  name: 'capillary',
  credentials,
  roots: ['/v2/otp', '/v3/oauth'],
  bodies: { reads: ['json'], otherwise: 'refused' },
  routes: createRoutes,
  answerFault,
  readSettings,
};
