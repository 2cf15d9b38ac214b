import type { Facade } from '#compat/facade.ts';
import { credentials } from '#compat/pega/credentials.ts';
import { answerFault } from '#compat/pega/errors.ts';
import { createRoutes } from '#compat/pega/routes.ts';
import { readSettings } from '#compat/pega/settings.ts';

/** Pega's own one-time passwords over REST. */
export const pega: Facade = {
  name: 'pega',
  credentials,
  // The vendor's own client names no type for its JSON.
  roots: ['/prweb'],
  bodies: { reads: ['json'], otherwise: 'ignored' },
  routes: createRoutes,
  answerFault,
  readSettings,
};
