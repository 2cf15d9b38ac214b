import { readAction } from '#compat/capillary/actions.ts';
import { readEntity } from '#compat/capillary/entity.ts';
import {
  answer,
  answerErrors,
  errorOf,
  type OtpError,
  type OtpErrorCode,
} from '#compat/capillary/errors.ts';
import { callerOf, type FacadeRoute } from '#compat/facade.ts';
import { readWords } from '#compat/words.ts';
import type { ApplicationSettings } from '#domain/application.ts';
import { guessLengthMax } from '#domain/code.ts';
import type { Result } from '#domain/refusal.ts';
import type { RecipientCheckRequest } from '#service/requests.ts';
import type { Service } from '#service/service.ts';

export function createValidate(service: Pick<Service, 'checkRecipient'>): FacadeRoute['handle'] {
  return async (request, reply) => {
    const caller = callerOf(request);
    const read = readValidate(caller.application.settings, request.body);
    if (!read.ok) return answerErrors(reply, read.error);
    const checked = await service.checkRecipient(caller, read.value, null);
    if (!checked.ok) {
      const { error } = checked;
      const isGone = error.code === 'verification_not_found';
      return answerErrors(reply, [isGone ? { code: 605 } : errorOf(error)]);
    }
    const { approved, reason } = checked.value.view;
    // A wrong code is an answer; one that nothing can make right any more is an error.
    if (!approved && reason !== 'wrong_code') return answerErrors(reply, [{ code: 605 }]);
    return answer(reply, 200, { entity: approved, warnings: [] });
  };
}

/** Everything that is wrong with a call is told at once. */
function readValidate(
  settings: ApplicationSettings,
  body: unknown,
): Result<RecipientCheckRequest, readonly OtpError[]> {
  const words = readWords(body);
  const errors: OtpErrorCode[] = [];
  const action = readAction(words('action'));
  if (action === null) errors.push(600);
  const entity = readEntity(words, settings.country);
  if (!entity.ok) errors.push(...entity.error);
  const code = words('code')?.trim();
  if (code === undefined || code === '') errors.push(604);
  else if (code.length > guessLengthMax) errors.push(605);
  if (errors.length > 0 || action === null || !entity.ok || code === undefined) {
    return { ok: false, error: errors.map((one) => ({ code: one })) };
  }
  return { ok: true, value: { recipient: entity.value.canonical, purpose: action, code } };
}
