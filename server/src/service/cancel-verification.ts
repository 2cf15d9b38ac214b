import { ok, refuse } from '#domain/refusal.ts';
import type { ServiceContext } from '#service/context.ts';
import { answerRepeated, idempotencyEntry, keepAnswer } from '#service/idempotency.ts';
import { presentVerification } from '#service/present-verification.ts';
import type { Service } from '#service/service.ts';
import type { VerificationView } from '#service/views.ts';

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
      case 'canceled':
        context.notify({ kind: 'verification', verificationId, applicationId });
        return keepAnswer(context, entry, presentVerification(vault, outcome));
      case 'refused':
        return { ok: false, error: outcome.refusal };
      case 'not_found':
        return refuse(
          'verification_not_found',
          'There is no such verification here. Look at the id and the API key.',
        );
      default: {
        const replayed = answerRepeated<VerificationView>(vault, entry, outcome);
        if (replayed !== null) return replayed;
        const found = await storage.readVerification(applicationId, verificationId);
        if (found === null) throw new Error('A repeated cancel found no verification.');
        const kept = await keepAnswer(context, entry, presentVerification(vault, found));
        return kept.ok ? ok({ ...kept.value, isReplay: true }) : kept;
      }
    }
  };
}
