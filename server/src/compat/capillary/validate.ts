import { readAction } from '#compat/capillary/actions.ts';
import { readEntity } from '#compat/capillary/entity.ts';
import type { OtpError, OtpErrorCode } from '#compat/capillary/errors.ts';
import { readWords } from '#compat/words.ts';
import type { ApplicationSettings } from '#domain/application.ts';
import { guessLengthMax } from '#domain/code.ts';
import type { Result } from '#domain/refusal.ts';
import type { RecipientCheckRequest } from '#service/requests.ts';

/** Reads a call of validate. Everything that is wrong with it is told at once. */
export function readValidate(
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
