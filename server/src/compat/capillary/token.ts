import { presentClient } from '#compat/capillary/credentials.ts';
import { answer, answerStatus } from '#compat/capillary/errors.ts';
import { door } from '#compat/capillary/settings.ts';
import type { FacadeRoute } from '#compat/facade.ts';
import { readWords } from '#compat/words.ts';
import type { Service } from '#service/service.ts';

const tokenScope = 'OTP';

export function createGiveToken(
  service: Pick<Service, 'authenticateWith' | 'issueToken'>,
): FacadeRoute['handle'] {
  return async (request, reply) => {
    const words = readWords(request.body);
    const [key, secret] = [words('key'), words('secret')];
    if (key === undefined || secret === undefined) {
      return answerStatus(reply, 400, 'The key and the secret are required');
    }
    const opened = await service.authenticateWith('capillary', presentClient(key, secret));
    if (opened === null) return answerStatus(reply, 401, 'Invalid key or secret');
    request.caller = door(opened.application);
    const lifetimeSeconds = Number(opened.credential.details['tokenLifetimeSeconds']);
    const { token } = await service.issueToken(opened, { scope: tokenScope, lifetimeSeconds });
    const data = { accessToken: token, ttlSeconds: lifetimeSeconds };
    return answer(reply, 200, { data, errors: null });
  };
}
