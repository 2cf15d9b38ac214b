import { setTimeout as pause } from 'node:timers/promises';
import type { CallbackDelivery } from '#service/callbacks.ts';
import type { ServiceContext } from '#service/context.ts';

/** What the clock starts. Each call does what is due, in bounded steps, and answers how much. */
export interface Maintenance {
  expireDue(): Promise<number>;
  deliverDue(): Promise<number>;
  callBackDue(): Promise<number>;
  purge(): Promise<void>;
  /** Everything that is due now has happened when this answers, messages handed over included. */
  settleEverything(): Promise<void>;
}

const expireStep = 200;
const purgeStep = 200;
/** Rounds of one call: an endless stream of due work must not hold one caller for good. */
const roundsMax = 500;
/** A hand-over takes no longer than this; under steady traffic there is always another one. */
const handOversWaitMs = 16_000;
/** An endpoint that hangs is told later; whoever moves the clock does not wait for it. */
const callbacksWaitMs = 5_000;

export function createMaintenance(
  context: Pick<ServiceContext, 'storage' | 'dispatcher' | 'notify'>,
  callbacks: CallbackDelivery,
): Maintenance {
  const { storage, dispatcher, notify } = context;

  async function expireDue(): Promise<number> {
    let count = 0;
    for (let round = 0; round < roundsMax; round++) {
      const { expired, more } = await storage.expireDue(expireStep);
      count += expired.length;
      for (const { id: verificationId, applicationId } of expired) {
        notify({ kind: 'verification', verificationId, applicationId });
      }
      if (!more) break;
    }
    return count;
  }

  async function deliverDue(): Promise<number> {
    let count = 0;
    for (let round = 0; round < roundsMax; round++) {
      const claimed = await dispatcher.claimDue();
      count += claimed;
      if (claimed === 0) break;
    }
    return count;
  }

  async function purge(): Promise<void> {
    for (let round = 0; round < roundsMax; round++) {
      const { more } = await storage.purge(purgeStep);
      if (!more) return;
    }
  }

  return {
    expireDue,
    deliverDue,
    callBackDue: callbacks.claimDue,
    purge,
    async settleEverything() {
      await within(handOversWaitMs, dispatcher.whenIdle());
      await expireDue();
      for (let round = 0; round < roundsMax; round++) {
        const delivered = await deliverDue();
        await within(handOversWaitMs, dispatcher.whenIdle());
        const calledBack = await callbacks.claimDue();
        await within(callbacksWaitMs, callbacks.whenIdle());
        if (delivered + calledBack === 0) break;
      }
      await purge();
    },
  };
}

async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  await Promise.race([work, pause(milliseconds, undefined, { ref: false })]);
}
