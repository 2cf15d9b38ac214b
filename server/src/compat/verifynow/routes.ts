import { createDoor } from '#compat/door.ts';
import type { FacadeParts, FacadeRoute } from '#compat/facade.ts';
import { refuseToken } from '#compat/verifynow/errors.ts';
import { tokenPath } from '#compat/verifynow/paths.ts';
import { notAnAccount, readTokenRequest } from '#compat/verifynow/translate.ts';
import { readWords } from '#compat/words.ts';

/** What the vendor's own sample token lives: seven days. */
const tokenLifetimeSeconds = 604_800;
const tokenScope = 'NEW';

const door = createDoor('verifynow', () => ({}));

export function createRoutes({ service }: FacadeParts): readonly FacadeRoute[] {
  return [
    {
      // By POST from clients that got no token by GET.
      methods: ['GET', 'POST'],
      paths: [tokenPath, `${tokenPath}/`],
      async handle(request, reply) {
        const asked = readTokenRequest(readWords(request.query, request.body));
        if (!asked.ok) return refuseToken(reply, asked.error);
        const opened = await service.authenticateWith('verifynow', asked.value);
        if (opened === null) return refuseToken(reply, notAnAccount);
        request.caller = door(opened.application);
        const grant = { scope: tokenScope, lifetimeSeconds: tokenLifetimeSeconds };
        const { token } = await service.issueToken(opened, grant);
        return reply.send({ status: 200, token });
      },
    },
  ];
}
