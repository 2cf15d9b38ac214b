/** The steps of a verification as the service asks for them, on any node of a cluster. */
import { formatId, headAt, idRandomLength, shardOfHash } from '#domain/id.ts';
import type { AttemptResult, ConsumeOutcome, StartStep, Storage } from '#service/ports.ts';
import { hashOf, type StartOptions, startStepOf } from '#storage/contract/fixture.ts';
import type { Cluster } from '#storage/postgres/postgres.fixture.ts';

/** As the service makes it: every id ends with the shard of the recipient. */
export function startOf(
  { applicationId }: Pick<Cluster, 'applicationId'>,
  recipient: string,
  options: StartOptions = {},
): StartStep {
  const shard = shardOfHash(hashOf(recipient));
  const step = startStepOf({ applicationId, recipient, id: idWith('vf', shard), ...options });
  return {
    ...step,
    deliveries: step.deliveries.map((delivery) => ({ ...delivery, id: idWith('dl', shard) })),
  };
}

let lastHead = 0;

export function idWith(prefix: 'vf' | 'dl', shard: number): string {
  lastHead = Math.max(lastHead + 1, headAt(Date.now()));
  const random = crypto.getRandomValues(new Uint8Array(idRandomLength));
  return formatId(prefix, lastHead, random, shard);
}

export async function start(storage: Storage, step: StartStep): Promise<string> {
  const outcome = await storage.startVerification(step);
  if (outcome.kind !== 'started') throw new Error(JSON.stringify(outcome));
  return outcome.verification.id;
}

export function consume(
  storage: Storage,
  { applicationId }: Pick<Cluster, 'applicationId'>,
  verificationId: string,
): Promise<ConsumeOutcome> {
  return storage.consumeGuess({
    ...{ applicationId, verificationId, address: null, transactionHash: undefined },
    ...{ transactionRequired: false, idempotency: null },
  });
}

/** One whole check; null where nothing was compared. */
export async function guess(
  storage: Storage,
  cluster: Pick<Cluster, 'applicationId'>,
  verificationId: string,
  isRight: boolean,
): Promise<'approved' | 'refused' | null> {
  const outcome = await consume(storage, cluster, verificationId);
  if (outcome.kind !== 'consumed') return null;
  const { codeVersion } = outcome.verification;
  const settled = await storage.settleGuess({
    ...{ applicationId: cluster.applicationId, verificationId, codeVersion, isRight },
    ...{ chargedAtMs: outcome.chargedAtMs, addressKey: null, idempotency: null },
  });
  return settled?.reason === null ? 'approved' : 'refused';
}

export function sent(deliveryId: string): AttemptResult {
  return {
    ...{ deliveryId, provider: 'sandbox', status: 'sent', wasTried: true, retryInMs: 0 },
    ...{ isPossibleDuplicate: false, providerMessageId: null, costMicros: null },
    ...{ currency: null, error: null },
  } as AttemptResult;
}
