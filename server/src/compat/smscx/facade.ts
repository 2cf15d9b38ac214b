import type { Facade } from '#compat/facade.ts';
import { createApplicationRoutes } from '#compat/smscx/application-routes.ts';
import { credentials } from '#compat/smscx/credentials.ts';
import { answerFault } from '#compat/smscx/errors.ts';
import { toOtpObject } from '#compat/smscx/otp-object.ts';
import { createOtpRoutes } from '#compat/smscx/otp-routes.ts';
import { readOtpSettings } from '#compat/smscx/otp-settings.ts';
import { createTokenRoute } from '#compat/smscx/token-route.ts';

/** SMS Connexion (sms.cx), its OTP API, version 1.0.2. */
export const smscx: Facade = {
  name: 'smscx',
  credentials,
  roots: ['/otp', '/applications', '/oauth'],
  bodies: { reads: ['json', 'form'], otherwise: 'refused' },
  routes: ({ service }) => [
    createTokenRoute(service),
    ...createOtpRoutes(service),
    ...createApplicationRoutes(service),
  ],
  answerFault,
  readSettings: readOtpSettings,
  /** Up to 200 objects fit into one call of the vendor; each change is told by itself here. */
  formatCallback: (view) => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ event: 'otp_update', data: [toOtpObject(view)] }),
  }),
};
