import { setTimeout as pause } from 'node:timers/promises';
import { parseRecipient } from '#domain/recipient.ts';
import { ok } from '#domain/refusal.ts';
import type { Log } from '#service/log-port.ts';
import { makeId } from '#service/make-id.ts';
import type { Storage } from '#service/ports.ts';
import type { SandboxInbox, SandboxMessage } from '#service/provider-port.ts';
import { createRecordReceipt } from '#service/record-receipt.ts';
import type { Sandbox, SandboxEvent } from '#service/sandbox.ts';
import type { Vault } from '#service/vault.ts';

/** Announces what changes, to whoever watches the virtual phone. */
export interface SandboxEvents {
  notify(event: SandboxEvent): void;
  subscribe(listener: (event: SandboxEvent) => void): () => void;
}

export function createSandboxEvents(): SandboxEvents {
  const listeners = new Set<(event: SandboxEvent) => void>();
  return {
    notify(event) {
      for (const listener of listeners) listener(event);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

type Content = Pick<SandboxMessage, 'recipient' | 'sender' | 'subject' | 'text' | 'html' | 'parts'>;

interface InboxParts {
  readonly storage: Storage;
  readonly vault: Vault;
  readonly events: SandboxEvents;
  readonly log: Log;
}

/** The virtual phone's memory. Its messages carry codes, so they are sealed like all the rest. */
export function createSandboxInbox({ storage, vault, events, log }: InboxParts): SandboxInbox {
  const recordReceipt = createRecordReceipt({ storage, notify: events.notify });
  return {
    async put(message) {
      const { recipient, sender, subject, text, html, parts, ...open } = message;
      const id = makeId('msg');
      const content: Content = { recipient, sender, subject, text, html, parts };
      const { atMs } = await storage.sandbox.putMessage({
        id,
        applicationId: open.applicationId,
        channel: open.channel,
        verificationId: open.verificationId,
        recipientHash: vault.hash('recipient', open.applicationId, recipient),
        sealed: vault.sealSandboxMessage(JSON.stringify(content), id),
      });
      const kept: SandboxMessage = { ...open, ...content, id, atMs };
      events.notify({ kind: 'message', message: kept });
      return kept;
    },
    reportReceipt(deliveryId, receipt) {
      recordReceipt({ deliveryId, ...receipt }).catch((error: unknown) =>
        log.warn({ err: error, deliveryId }, 'receipt not recorded'),
      );
    },
  };
}

/** Test recipients that never answer must not hold the list up. */
const handOverWaitMs = 1_000;

export function createSandbox(
  { storage, vault, events }: Omit<InboxParts, 'log'>,
  clock: {
    readonly settleEverything: () => Promise<void>;
    /** Resolves when the hand-overs of this moment are over. */
    readonly whenHandedOver: () => Promise<void>;
  },
): Sandbox {
  return {
    async listMessages({ id: applicationId, settings }, { recipient: typed, limit }) {
      const country = settings.country ?? undefined;
      const read = typed === null ? null : parseRecipient(typed, { country });
      if (read?.ok === false) return read;
      // A test suite asks right after it started: what is on its way then is in the answer.
      await Promise.race([
        clock.whenHandedOver(),
        pause(handOverWaitMs, undefined, { ref: false }),
      ]);
      const recipient = read === null ? null : read.value.canonical;
      const recipientHash =
        recipient === null ? null : vault.hash('recipient', applicationId, recipient);
      const rows = await storage.sandbox.listMessages({ applicationId, recipientHash, limit });
      const messages = rows.flatMap((row) => {
        const json = vault.openSandboxMessage(row.sealed, row.id);
        if (json === null) return [];
        const { id, channel, verificationId, atMs } = row;
        return [
          { id, applicationId, channel, verificationId, atMs, ...(JSON.parse(json) as Content) },
        ];
      });
      return ok({ recipient, messages });
    },
    async advanceClock(seconds) {
      const nowMs = await storage.sandbox.advanceClock(seconds * 1000);
      await clock.settleEverything();
      events.notify({ kind: 'clock', nowMs });
      return { nowMs };
    },
    async reset(applicationId) {
      await storage.sandbox.reset(applicationId);
      events.notify({ kind: 'reset', applicationId });
    },
    subscribe: events.subscribe,
  };
}
