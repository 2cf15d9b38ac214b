import type { Refusal, Result } from '#domain/refusal.ts';
import type { ServiceContext } from '#service/context.ts';
import { answerRepeated, idempotencyEntry, type RepeatableVerb } from '#service/idempotency.ts';
import type { Caller, IdempotencyKey, Service } from '#service/service.ts';
import type { Answer } from '#service/views.ts';

export type RepeatableVerbs = Pick<
  Service,
  | 'startVerification'
  | 'checkCode'
  | 'checkRecipient'
  | 'checkReference'
  | 'resendCode'
  | 'cancelVerification'
  | 'sendMessage'
>;

type Verb<Asked, View> = (
  caller: Caller,
  asked: Asked,
  key: IdempotencyKey,
) => Promise<Result<Answer<View>>>;

/**
 * The same verbs; for callers whose `keepsRefusals` says so a refusal is kept under the key as an
 * answer is. Such a caller reads its requests from a log, and after a crash it reads the last ones
 * again: what it was told then has to be what it told already, though it might pass by now.
 *
 * Rules:
 * 1. What took effect under the key meanwhile is the answer, and what was kept first stays.
 * 2. A caller that comes too late for anything new (`tooLate`) gets that refusal, kept as well, but
 *    the answer to what took effect in time.
 * 3. What says only that the key is taken is not kept, and what is thrown (a storage that cannot
 *    answer) is no refusal: both are to be tried again.
 */
export function keepingRefusals(
  context: Pick<ServiceContext, 'storage' | 'vault'>,
  verbs: RepeatableVerbs,
): RepeatableVerbs {
  const keeping =
    <Asked, View>(
      name: RepeatableVerb,
      verb: Verb<Asked, View>,
      requestOf: (asked: Asked) => object,
    ): Verb<Asked, View> =>
    (caller, asked, key) => {
      const run = () => verb(caller, asked, key);
      if (caller.keepsRefusals !== true || key === null) return run();
      return runKeeping(context, caller, { verb: name, request: requestOf(asked), key }, run);
    };
  return {
    startVerification: keeping('start', verbs.startVerification, itself),
    checkCode: keeping('check', verbs.checkCode, itself),
    checkRecipient: keeping('check-recipient', verbs.checkRecipient, itself),
    checkReference: keeping('check-reference', verbs.checkReference, itself),
    resendCode: keeping('resend', verbs.resendCode, itself),
    cancelVerification: keeping('cancel', verbs.cancelVerification, (verificationId) => ({
      verificationId,
    })),
    sendMessage: keeping('send-message', verbs.sendMessage, itself),
  };
}

function itself<Request extends object>(request: Request): Request {
  return request;
}

async function runKeeping<View>(
  { storage, vault }: Pick<ServiceContext, 'storage' | 'vault'>,
  caller: Caller,
  step: Parameters<typeof idempotencyEntry>[2],
  run: () => Promise<Result<Answer<View>>>,
): Promise<Result<Answer<View>>> {
  const { tooLate } = caller;
  const result =
    tooLate === undefined || (await isRepeated()) ? await run() : refusedWith<View>(tooLate);
  if (result.ok || saysKeyIsTaken(result.error.code)) return result;
  const entry = idempotencyEntry(vault, caller, step);
  if (entry === null) return result;
  const sealedRefusal = vault.sealAnswer(JSON.stringify(result.error), entry.keyHash);
  const { id: applicationId } = caller.application;
  const earlier = await storage.keepRefusal({ applicationId, entry, sealedRefusal });
  if (earlier === null) return result;
  const answered = answerRepeated<View>(vault, entry, earlier);
  // An effect whose answer has to be made anew: the verb itself knows how.
  return 'ok' in answered ? answered : run();

  async function isRepeated(): Promise<boolean> {
    const asked = idempotencyEntry(vault, caller, step);
    return asked !== null && (await storage.findRepeated(asked)) !== null;
  }
}

function refusedWith<View>(error: Refusal): Result<Answer<View>> {
  return { ok: false, error };
}

function saysKeyIsTaken(code: string): boolean {
  return code === 'idempotency_key_in_use' || code === 'idempotency_key_reused';
}
