import { isPlain } from '#domain/plain-message.ts';
import type { EventRecord } from '#service/event-port.ts';
import type { Storage } from '#service/ports.ts';
import { presentVerification } from '#service/present-verification.ts';
import type { Vault } from '#service/vault.ts';
import type { DeliveryView, VerificationView } from '#service/views.ts';

/** What happened, with what it happened to, as it may be shown: masked, and without a code. */
export interface ToldEvent extends EventRecord {
  /** As it is now, which may be further on than the event. */
  readonly verification: VerificationView;
  /** Whether it is a plain message, which proves nothing. */
  readonly isMessage: boolean;
  /** Of an event of a delivery. */
  readonly delivery: DeliveryView | null;
}

export interface EventSource {
  /**
   * The oldest events that were not told, in their order; null while another node tells. Throws
   * `StorageUnavailable`.
   */
  claim(): Promise<readonly ToldEvent[] | null>;
  /** For those that were told: nobody is told of them again. */
  remove(events: readonly ToldEvent[]): Promise<void>;
  /** Lets another node tell at once. Only for who tells nothing more. */
  release(): Promise<void>;
}

export const eventClaimMax = 200;
/** Longer than telling takes while everything is there; then another node may take over. */
const leaseMs = 15_000;

/** `holder` is a name that no other node has. */
export function createEventSource(
  { storage, vault }: { storage: Storage; vault: Vault },
  holder: string,
): EventSource {
  async function read(event: EventRecord): Promise<ToldEvent | null> {
    const { applicationId, verificationId, deliveryId } = event;
    const found = await storage.readVerification(applicationId, verificationId);
    if (found === null) return null;
    const verification = presentVerification(vault, found);
    const delivery = verification.deliveries.find(({ id }) => id === deliveryId) ?? null;
    return { ...event, verification, isMessage: isPlain(found.verification), delivery };
  }

  return {
    async claim() {
      const events = await storage.events.claimEvents({ holder, limit: eventClaimMax, leaseMs });
      if (events === null) return null;
      const told = await Promise.all(events.map(read));
      // Of what the sandbox has forgotten meanwhile there is nothing to tell.
      const gone = events.filter((_, at) => told[at] === null);
      if (gone.length > 0) await storage.events.removeEvents(gone.map(({ position }) => position));
      return told.filter((event) => event !== null);
    },
    async remove(events) {
      await storage.events.removeEvents(events.map(({ position }) => position));
    },
    release: () => storage.events.releaseEvents(holder),
  };
}
