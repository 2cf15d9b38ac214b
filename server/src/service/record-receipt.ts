import type { Storage } from '#service/ports.ts';
import type { SandboxEvent } from '#service/sandbox.ts';
import type { Service } from '#service/service.ts';

/**
 * What a provider said of a message after it took it. Storage lets states only move forward, so a
 * receipt that comes twice, late or out of order changes nothing; one for a delivery that nobody
 * knows is ignored.
 */
export function createRecordReceipt(parts: {
  readonly storage: Storage;
  readonly notify: (event: SandboxEvent) => void;
}): Service['recordReceipt'] {
  return async (receipt) => {
    const delivery = await parts.storage.recordReceipt(receipt);
    if (delivery === null) return;
    const { verificationId, applicationId } = delivery;
    parts.notify({ kind: 'verification', verificationId, applicationId });
  };
}
