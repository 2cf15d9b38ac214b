/**
 * Callbacks: an application's own server is told when a verification ends: in our words, or in
 * those of the vendor through whose façade it began. Signed and retried as
 * Standard Webhooks 1.0 asks: 8 tries over 75 hours, 15 seconds each, a redirect is a failure, and
 * 410 stops the trying. The row is written with the status change, so nothing is forgotten.
 */
import { createHmac } from 'node:crypto';
import type { Result } from '#domain/refusal.ts';
import type { FacadeDefinition, FormattedCallback } from '#service/facade-port.ts';
import { openKeptRequest } from '#service/kept-request.ts';
import { createLanes } from '#service/lanes.ts';
import type { Log } from '#service/log-port.ts';
import type { Storage } from '#service/ports.ts';
import { presentInFull } from '#service/present-verification.ts';
import type { CallbackRecord } from '#service/records.ts';
import type { Vault } from '#service/vault.ts';
import type { VerificationView } from '#service/views.ts';

/** Outbound HTTP behind the egress guard; it never throws for what a network can cause. */
export interface CallbackTransport {
  checkUrl(url: string, pointer: string): Result<URL>;
  request(
    url: URL,
    request: {
      readonly method: 'POST';
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
      readonly signal: AbortSignal;
    },
  ): Promise<
    | { readonly kind: 'answered'; readonly status: number }
    | { readonly kind: 'not_sent' | 'lost'; readonly reason: string }
  >;
}

export interface CallbackParts {
  readonly storage: Storage;
  readonly vault: Vault;
  readonly transport: CallbackTransport;
  /** Those that tell of what began through them in their vendor's shape. */
  readonly facades: readonly Pick<FacadeDefinition, 'name' | 'formatCallback'>[];
  readonly log: Log;
  /** Uniform in [0, 1), for the jitter of pauses. */
  readonly random: () => number;
}

export interface CallbackDelivery {
  /** Claims what is due and begins to tell it; answers how many. */
  claimDue(): Promise<number>;
  /** Resolves when nothing is under way or waiting. */
  whenIdle(): Promise<void>;
}

const timeoutMs = 15_000;
const claimMax = 50;
/** Rounds of one call: an endless stream of due callbacks must not hold one caller for good. */
const roundsMax = 10;
/** Longer than any try takes, so that two nodes never tell the same thing at once. */
const leaseMs = 60_000;
/** To one origin: a dead endpoint must not hold up the others (W-13). */
const underWayMax = 8;
const waitingMax = 500;
const minute = 60_000;
const pausesMs = [5_000, 5 * minute, 30 * minute, 120 * minute, 480 * minute, 1440 * minute];
const lastPauseMs = 2400 * minute;
const triesMax = 8;
/** Until there may be room for what found none. */
const fullPauseMs = 5_000;

interface Telling {
  readonly callback: CallbackRecord;
  readonly url: URL;
  readonly message: FormattedCallback;
  /** On the clock of this process. */
  readonly leaseEndsAtMs: number;
}

/** Tells what is due, each origin in a lane of its own. */
export function createCallbackDelivery(parts: CallbackParts): CallbackDelivery {
  const { storage, log, random } = parts;
  const lanes = createLanes<Telling>({
    waitingMax,
    async attempt(telling) {
      // A try that could outlast its lease is left to the next claim.
      const isInTime = performance.now() + timeoutMs < telling.leaseEndsAtMs;
      const retryInMs = isInTime ? await tell(parts, telling) : jitter(fullPauseMs, random);
      await storage.recordCallback(telling.callback.id, { retryInMs, wasTried: isInTime });
    },
    // What could not be recorded is claimed again when its lease is over.
    onError: (error) => log.error({ err: error }, 'callback not recorded'),
  });

  async function begin(callback: CallbackRecord, leaseEndsAtMs: number): Promise<void> {
    const target = await readTarget(parts, callback);
    if (target === null) {
      return storage.recordCallback(callback.id, { retryInMs: null, wasTried: false });
    }
    const end = { name: target.url.origin, concurrencyMax: underWayMax };
    if (lanes.enqueue(end, { callback, ...target, leaseEndsAtMs })) return;
    const retryInMs = jitter(fullPauseMs, random);
    await storage.recordCallback(callback.id, { retryInMs, wasTried: false });
  }

  return {
    async claimDue() {
      let count = 0;
      for (let round = 0; round < roundsMax; round++) {
        const leaseEndsAtMs = performance.now() + leaseMs;
        const claimed = await storage.claimCallbacks(claimMax, leaseMs);
        for (const callback of claimed) lanes.track(begin(callback, leaseEndsAtMs));
        count += claimed.length;
        if (claimed.length < claimMax) break;
      }
      return count;
    },
    whenIdle: lanes.whenIdle,
  };
}

/** One try. Answers when the next one is due, or null when there is none. */
async function tell(
  parts: CallbackParts,
  { callback, url, message: { headers: ownHeaders, body } }: Telling,
): Promise<number | null> {
  const headers = {
    ...ownHeaders,
    ...signCallback(parts.vault.callbackSecret(callback.applicationId), {
      id: callback.id,
      timestampSeconds: Math.floor(Date.now() / 1000),
      body,
    }),
  };
  const signal = AbortSignal.timeout(timeoutMs);
  const answer = await parts.transport.request(url, { method: 'POST', headers, body, signal });
  const isTaken = answer.kind === 'answered' && answer.status >= 200 && answer.status < 300;
  const isGone = answer.kind === 'answered' && answer.status === 410;
  if (isTaken || isGone) return null;
  const { id, verificationId } = callback;
  const reason = answer.kind === 'answered' ? `status ${answer.status}` : answer.reason;
  parts.log.warn({ callbackId: id, verificationId, reason }, 'callback not taken');
  if (callback.attempts >= triesMax) return null;
  return jitter(pausesMs[callback.attempts - 1] ?? lastPauseMs, parts.random);
}

/** Within a tenth of the pause, so that what failed together does not come back together. */
function jitter(pauseMs: number, random: () => number): number {
  return Math.round(pauseMs * (0.9 + 0.2 * random()));
}

async function readTarget(
  { storage, vault, transport, facades }: CallbackParts,
  callback: CallbackRecord,
): Promise<{ url: URL; message: FormattedCallback } | null> {
  const { applicationId, verificationId } = callback;
  const found = await storage.readVerification(applicationId, verificationId);
  if (found === null) return null;
  const kept = openKeptRequest(vault, found.verification.sealedRequest, verificationId);
  if (kept === null || kept.callbackUrl === null) return null;
  // Checked again: what may be reached can have changed since the start.
  const url = transport.checkUrl(kept.callbackUrl, '/callbackUrl');
  if (!url.ok) return null;
  const view = presentInFull(vault, found, kept);
  const vendor = facades.find(({ name }) => name === view.origin);
  const message = vendor?.formatCallback?.(view) ?? formatCallback(callback, view);
  return { url: url.value, message };
}

/** Thin: what ended, and whose. The rest is one GET away, with authentication. */
function formatCallback(callback: CallbackRecord, view: VerificationView): FormattedCallback {
  const { id, status, recipient, country, channel, purpose, reference, metadata } = view;
  const body = JSON.stringify({
    type: callback.event,
    timestamp: new Date(callback.atMs).toISOString(),
    data: { id, status, recipient, country, channel, purpose, reference, metadata },
  });
  return { headers: { 'content-type': 'application/json' }, body };
}

/** The three headers of Standard Webhooks 1.0. `secret` is `whsec_` and base64. */
export function signCallback(
  secret: string,
  message: { id: string; timestampSeconds: number; body: string },
): Record<string, string> {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signed = `${message.id}.${message.timestampSeconds}.${message.body}`;
  const signature = createHmac('sha256', key).update(signed).digest('base64');
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(message.timestampSeconds),
    'webhook-signature': `v1,${signature}`,
  };
}
