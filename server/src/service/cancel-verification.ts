import { ok } from '#domain/refusal.ts';
import type { ServiceContext } from '#service/context.ts';
import { answerRepeatedVerification, idempotencyEntry, keepAnswer } from '#service/idempotency.ts';
import { presentVerification } from '#service/present-verification.ts';
import type { Service } from '#service/service.ts';
import { verificationNotFound } from '#service/verification-not-found.ts';

/** Ends a pending verification. Canceling a canceled one changes nothing and says so. */
export function createCancelVerification(context: ServiceContext): Service['cancelVerification'] {
  const { storage, vault } = context;
  return async (caller, verificationId, key) => {
    const applicationId = caller.application.id;
    const request = { verificationId };
    const entry = idempotencyEntry(vault, caller, { verb: 'cancel', request, key });
    const outcome = await storage.cancelVerification({
      applicationId,
      verificationId,
      event: 'cancel',
      idempotency: entry,
    });
    switch (outcome.kind) {
      case 'canceled': {
        context.notify({ kind: 'verification', verificationId, applicationId });
        const { isFirstAtEnd } = outcome;
        return keepAnswer(context, entry, { ...presentVerification(vault, outcome), isFirstAtEnd });
      }
      case 'refused':
        return { ok: false, error: outcome.refusal };
      case 'not_found':
        return verificationNotFound();
      default: {
        const repeated = await answerRepeatedVerification(context, caller, entry, outcome);
        if (!repeated.ok) return repeated;
        // What a node that died had not answered yet was the first cancel.
        const view = { isFirstAtEnd: true, ...repeated.value.view };
        return ok({ ...repeated.value, view });
      }
    }
  };
}
