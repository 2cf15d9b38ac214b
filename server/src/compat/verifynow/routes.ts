import { eitherEnd, type FacadeParts, type FacadeRoute } from '#compat/facade.ts';
import { createAuthenticate } from '#compat/verifynow/authenticate.ts';
import { answerFault } from '#compat/verifynow/errors.ts';
import {
  otherPaths,
  sendPaths,
  tokenPath,
  type Version,
  validatePaths,
} from '#compat/verifynow/paths.ts';
import { createSend } from '#compat/verifynow/send.ts';
import { createGiveToken } from '#compat/verifynow/token.ts';
import { createValidate } from '#compat/verifynow/validate.ts';

const versions: readonly Version[] = ['v2', 'v3'];

export function createRoutes({ service }: FacadeParts): readonly FacadeRoute[] {
  const authenticate = createAuthenticate(service);
  return [
    // By POST from clients that got no token by GET.
    { methods: ['GET', 'POST'], paths: eitherEnd(tokenPath), handle: createGiveToken(service) },
    ...versions.flatMap((version): FacadeRoute[] => [
      {
        methods: ['POST'],
        paths: eitherEnd(sendPaths[version]),
        authenticate,
        handle: createSend(service, version),
      },
      {
        // The vendor has called it both.
        methods: ['GET', 'POST'],
        paths: eitherEnd(validatePaths[version]),
        authenticate,
        handle: createValidate(service, version),
      },
    ]),
    {
      methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      paths: otherPaths,
      authenticate: async (_request, reply) => answerFault(unknownCall, reply),
      handle: async (_request, reply) => reply,
    },
  ];
}

const unknownCall = { code: 'route_not_found', detail: 'There is no such call.' } as const;
