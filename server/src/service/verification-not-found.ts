import { type Result, refuse } from '#domain/refusal.ts';

/** One answer for an unknown id, a malformed one and another application's. */
export function verificationNotFound(): Result<never> {
  return refuse(
    'verification_not_found',
    'There is no such verification here. Start one, or look at the id and the API key.',
  );
}
