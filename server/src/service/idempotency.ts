import { ok, type Refusal, type Result, refuse } from '#domain/refusal.ts';
import {
  type FirstEffect,
  type IdempotencyEntry,
  type Repeated,
  refusedOutcome,
  type Storage,
} from '#service/ports.ts';
import { presentVerification } from '#service/present-verification.ts';
import type { Caller, IdempotencyKey } from '#service/service.ts';
import type { Vault } from '#service/vault.ts';
import { verificationNotFound } from '#service/verification-not-found.ts';
import type { Answer, VerificationView } from '#service/views.ts';

/** Keys are kept by verb: the same key for another verb is another step. */
export type RepeatableVerb =
  | 'start'
  | 'check'
  | 'check-recipient'
  | 'check-reference'
  | 'resend'
  | 'cancel'
  | 'send-message';

/** Names the step: kept 24 hours per application, verb and key (draft-ietf-httpapi 07). */
export function idempotencyEntry(
  vault: Vault,
  caller: Caller,
  step: { verb: RepeatableVerb; request: object; key: IdempotencyKey },
): IdempotencyEntry | null {
  if (step.key === null) return null;
  const { id } = caller.application;
  return {
    keyHash: vault.hash('idempotency', id, `${step.verb}\n${step.key}`),
    // Fields come in the order of the door's schema or of the caller's JSON; sorted, the same
    // request has the same fingerprint whichever way it was spelled.
    fingerprint: vault.hash('fingerprint', id, JSON.stringify(sorted(step.request))),
  };
}

/** Keeps the answer before it is given, so that a repeated request gets the very same one. */
export async function keepAnswer<View>(
  parts: { storage: Storage; vault: Vault },
  entry: IdempotencyEntry | null,
  view: View,
): Promise<Result<Answer<View>>> {
  if (entry !== null) {
    const sealed = parts.vault.sealAnswer(JSON.stringify(view), entry.keyHash);
    await parts.storage.keepAnswer(entry.keyHash, sealed);
  }
  return ok({ view, isReplay: false });
}

/** What a repeated step answers, or the effect that its answer has to be made from again. */
export function answerRepeated<View>(
  vault: Vault,
  entry: IdempotencyEntry | null,
  repeated: Repeated,
): Result<Answer<View>> | FirstEffect {
  switch (repeated.kind) {
    case 'key_reused':
      return refuse(
        'idempotency_key_reused',
        'This Idempotency-Key was used for another request within 24 hours. Use a new key.',
      );
    case 'key_in_use':
      return refuse(
        'idempotency_key_in_use',
        'The first request with this Idempotency-Key is not answered yet. Try again in a second.',
        { retryAfterSeconds: 1 },
      );
    case 'unanswered':
      return repeated;
    case 'repeated': {
      const json = entry === null ? null : vault.openAnswer(repeated.sealedAnswer, entry.keyHash);
      if (repeated.outcome === refusedOutcome) return refuseAgain(json);
      // The key that it was sealed under may have left the ring: then the effect has to do.
      return json === null ? repeated : ok({ view: JSON.parse(json) as View, isReplay: true });
    }
  }
}

function refuseAgain(json: string | null): Result<never> {
  if (json !== null) return { ok: false, error: JSON.parse(json) as Refusal };
  return refuse(
    'idempotency_key_reused',
    'The first request with this Idempotency-Key was refused, and its answer cannot be read any ' +
      'more. Use a new key.',
  );
}

/** As `answerRepeated` for a step whose answer is the verification: made again, as it is now. */
export async function answerRepeatedVerification(
  { storage, vault }: { storage: Storage; vault: Vault },
  caller: Caller,
  entry: IdempotencyEntry | null,
  repeated: Repeated,
): Promise<Result<Answer<VerificationView>>> {
  const answered = answerRepeated<VerificationView>(vault, entry, repeated);
  if ('ok' in answered) return answered;
  const found = await storage.readVerification(caller.application.id, answered.verificationId);
  if (found === null) return verificationNotFound();
  const kept = await keepAnswer({ storage, vault }, entry, presentVerification(vault, found));
  return kept.ok ? ok({ ...kept.value, isReplay: true }) : kept;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  entries.sort(([first], [second]) => (first < second ? -1 : 1));
  return entries.map(([name, part]) => [name, sorted(part)]);
}
