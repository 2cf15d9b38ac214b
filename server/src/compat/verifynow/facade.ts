import type { Facade } from '#compat/facade.ts';
import { credentials } from '#compat/verifynow/credentials.ts';
import { answerFault } from '#compat/verifynow/errors.ts';
import { createRoutes } from '#compat/verifynow/routes.ts';
import { ok, refuse } from '#domain/refusal.ts';

/** Message Central VerifyNow: token, send and validate, in versions 2 and 3. */
export const verifynow: Facade = {
  name: 'verifynow',
  credentials,
  // Its clients send parameters in the query, and in the body nothing, anything or a copy of them.
  roots: ['/auth', '/verification'],
  bodies: { reads: ['json', 'form'], otherwise: 'ignored' },
  routes: createRoutes,
  answerFault,
  readSettings(_before, patch) {
    const [name] = Object.keys(patch);
    return name === undefined
      ? ok({})
      : refuse('request_invalid', 'The façade verifynow has no settings of its own.', {
          pointer: `/${name}`,
        });
  },
};
