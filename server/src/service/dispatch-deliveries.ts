/**
 * Hands messages to providers: at once after their verification is durable, and again for what a
 * crash, a full queue or an outage left behind. The queue in memory is only for speed; the rows in
 * storage are what is owed.
 *
 * Rules:
 * 1. A provider never blocks an answer, and a slow one never blocks another: each has its own queue
 *    and its own bound of hand-overs under way.
 * 2. What was certainly not taken is tried again with growing pauses, on the next provider of the
 *    route. What was refused goes to each other provider of the route once.
 * 3. What waits in memory longer than its lease keeps it: only a dead node loses a message.
 * 4. What may have been taken unseen (a time-out) is tried once more, marked as possibly doubled.
 * 5. What was taken is written down however often that fails, for a minute: if it were forgotten,
 *    the message would go out again. Any other result may be forgotten and had again.
 */
import type { Application, ApplicationSettings } from '#domain/application.ts';
import { attemptsMax, pauseBeforeAttempt } from '#domain/delivery.ts';
import { toMicros } from '#domain/money.ts';
import type { ComposeAgain } from '#service/compose-again.ts';
import { createLanes } from '#service/lanes.ts';
import type { Log } from '#service/log-port.ts';
import {
  type AttemptResult,
  type ClaimedDelivery,
  type Storage,
  StorageUnavailable,
} from '#service/ports.ts';
import type { OutboundMessage, Provider, SendOutcome } from '#service/provider-port.ts';
import type { ProviderRoutes } from '#service/provider-routes.ts';
import type { DeliveryRecord } from '#service/records.ts';
import type { SandboxEvent } from '#service/sandbox.ts';

export interface DeliveryDispatcher {
  /** Takes a message whose row is durable. Returns at once. */
  handOver(message: OutboundMessage, settings: Pick<ApplicationSettings, 'providers'>): void;
  /** Whether one more message for the provider would wait in memory, and not in storage. */
  hasRoom(provider: Provider): boolean;
  /** Claims what is due in storage and hands it over; answers how many. */
  claimDue(): Promise<number>;
  /** Resolves when the hand-overs of this moment are over. */
  whenSettled(): Promise<void>;
  /** Resolves when nothing is under way or queued in memory. */
  whenIdle(): Promise<void>;
}

interface DispatcherParts {
  readonly storage: Storage;
  readonly composeAgain: ComposeAgain;
  readonly routes: ProviderRoutes;
  readonly applicationOf: (id: string) => Promise<Application | null>;
  readonly notify: (event: SandboxEvent) => void;
  readonly log: Log;
  readonly attemptTimeoutMs: number;
  /** Uniform in [0, 1), for the jitter of pauses. */
  readonly random: () => number;
  /** Resolves after this long. */
  readonly pause: (milliseconds: number) => Promise<void>;
}

interface Task {
  readonly message: OutboundMessage;
  readonly route: readonly Provider[];
  /** Hand-overs so far, this one included. */
  readonly attempt: number;
}

/**
 * How long a message stays with its node without a word from it. A live node renews the lease when
 * half of it is over, so a hand-over may take longer; what a dead node held goes out from another
 * within ten seconds of its death.
 */
export const deliveryLeaseMs = 6_000;
/** Beyond this a message waits in storage instead of in memory. */
const waitingMax = 5_000;
const fullPauseMs = 2_000;
const claimMax = 200;
/** An adapter usually says more about a time-out than we could; it gets a moment for that. */
const abortGraceMs = 1_000;
/** With pauses that double from the first to the longest, these take 58 s. */
const writesMax = 20;
const firstWritePauseMs = 100;
const writePauseMaxMs = 4_000;

export function createDeliveryDispatcher(parts: DispatcherParts): DeliveryDispatcher {
  const { storage, routes, log } = parts;
  const lanes = createLanes<Task & { readonly provider: Provider }>({
    waitingMax,
    async attempt({ provider, ...task }) {
      const outcome = await send(provider, task.message, parts.attemptTimeoutMs);
      if (outcome.kind !== 'accepted') {
        const { deliveryId, verificationId } = task.message;
        const fields = { deliveryId, verificationId, provider: provider.name, ...outcome };
        log.warn(fields, 'message not taken');
      }
      const retryInMs = pauseAfter(task, outcome, parts.random());
      await record(task, toResult(task, provider, outcome, retryInMs));
    },
    // What could not be recorded is claimed again when its lease is over.
    onError: (error) => log.error({ err: error }, 'delivery not recorded'),
  });

  /** Deliveries in this node's hands, and when their leases want renewing. */
  const held = new Map<string, number>();

  function enqueue(task: Task): void {
    held.set(task.message.deliveryId, performance.now() + deliveryLeaseMs / 2);
    const provider = task.route[(task.attempt - 1) % task.route.length];
    if (provider === undefined) {
      const error = 'No provider serves this channel.';
      lanes.track(record(task, failed(task.message.deliveryId, error)));
    } else if (!lanes.enqueue(provider, { ...task, provider })) {
      log.warn({ provider: provider.name }, 'delivery queue full');
      const error = 'Many messages wait for this provider.';
      lanes.track(record(task, waiting(task.message, provider.name, error)));
    }
  }

  async function record(task: Task, result: AttemptResult): Promise<void> {
    try {
      await write(parts, result);
    } finally {
      held.delete(task.message.deliveryId);
    }
    const { verificationId, applicationId } = task.message;
    if (verificationId !== null) {
      parts.notify({ kind: 'verification', verificationId, applicationId });
    }
  }

  async function renewLeases(): Promise<void> {
    const nowMs = performance.now();
    const due = [...held].filter(([, renewAtMs]) => nowMs >= renewAtMs).map(([id]) => id);
    if (due.length === 0) return;
    await storage.renewLeases(due, deliveryLeaseMs);
    for (const id of due) if (held.has(id)) held.set(id, nowMs + deliveryLeaseMs / 2);
  }

  return {
    handOver(message, settings) {
      enqueue({ message, route: routes.forChannel(message.channel, settings), attempt: 1 });
    },
    hasRoom: lanes.hasRoom,
    async claimDue() {
      await renewLeases();
      const claimed = await storage.claimDeliveries(claimMax, deliveryLeaseMs);
      const unsent: AttemptResult[] = [];
      const takeUp = async (one: ClaimedDelivery) => {
        const ready = await makeReady(parts, one);
        if ('message' in ready) enqueue(ready);
        else unsent.push(ready);
      };
      await Promise.all(claimed.map(takeUp));
      if (unsent.length > 0) await storage.recordAttempts(unsent);
      return claimed.length;
    },
    whenSettled: lanes.whenSettled,
    whenIdle: lanes.whenIdle,
  };
}

/** A claimed message with its route; or, when that cannot be had, what becomes of it instead. */
async function makeReady(
  parts: Pick<DispatcherParts, 'composeAgain' | 'routes' | 'applicationOf' | 'log'>,
  claimed: ClaimedDelivery,
): Promise<Task | AttemptResult> {
  const { delivery } = claimed;
  const { id: deliveryId, isPossibleDuplicate, attempts: attempt } = delivery;
  try {
    const application = await parts.applicationOf(delivery.applicationId);
    if (application === null) {
      return giveUp(parts.log, delivery, 'Its application is not there any more.');
    }
    const composed = await parts.composeAgain(application, claimed);
    if ('error' in composed) return giveUp(parts.log, delivery, composed.error);
    const message = { ...composed.message, isPossibleDuplicate };
    const route = parts.routes.forChannel(delivery.channel, application.settings);
    return { message, route, attempt };
  } catch (error) {
    // It must hold no other up, nor be taken for lost in flight: nobody was asked to carry it.
    parts.log.warn({ err: error, deliveryId }, 'a queued message waits');
    const reason = 'The message could not be made ready.';
    return waiting({ deliveryId, isPossibleDuplicate }, delivery.provider, reason);
  }
}

/**
 * The message keeps its place in the lane meanwhile, so no more are handed over than can be
 * written down. Its lease is renewed with the others, as soon as the storage lets that happen.
 */
async function write(
  parts: Pick<DispatcherParts, 'storage' | 'log' | 'pause'>,
  result: AttemptResult,
): Promise<void> {
  for (let writes = 1; ; writes++) {
    try {
      return await parts.storage.recordAttempts([result]);
    } catch (error) {
      const mayRepeat = result.status === 'sent' && error instanceof StorageUnavailable;
      if (!mayRepeat || writes === writesMax) throw error;
      const { deliveryId } = result;
      if (writes === 1) parts.log.warn({ err: error, deliveryId }, 'delivery not recorded yet');
      await parts.pause(Math.min(writePauseMaxMs, firstWritePauseMs * 2 ** (writes - 1)));
    }
  }
}

/** The provider's own wish for a pause counts when it is longer than ours. */
function pauseAfter(task: Task, outcome: SendOutcome, random: number): number {
  const wished = outcome.kind === 'unavailable' ? (outcome.retryAfterMs ?? 0) : 0;
  return Math.max(wished, pauseBeforeAttempt(task.attempt, random));
}

async function send(
  provider: Provider,
  message: OutboundMessage,
  timeoutMs: number,
): Promise<SendOutcome> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), timeoutMs);
  // An adapter that does not listen to its signal must not hold its place in the lane for good.
  const gaveUp = new Promise<SendOutcome>((resolve) => {
    controller.signal.addEventListener('abort', () =>
      setTimeout(resolve, abortGraceMs, { kind: 'unknown', error: 'There was no answer in time.' }),
    );
  });
  try {
    return await Promise.race([provider.send(message, controller.signal), gaveUp]);
  } catch {
    // A provider that throws has a bug; nobody can tell whether the message went out.
    return { kind: 'unknown', error: 'The provider adapter failed.' };
  } finally {
    clearTimeout(timer);
  }
}

function giveUp(log: Log, { id, provider }: DeliveryRecord, error: string): AttemptResult {
  log.error({ deliveryId: id, error }, 'a queued message cannot be composed again');
  // It stays with whom it was tried.
  return { ...failed(id, error), provider };
}

/** Nothing more is done for it. */
function failed(deliveryId: string, error: string): AttemptResult {
  return {
    deliveryId,
    provider: 'none',
    status: 'failed',
    wasTried: false,
    retryInMs: 0,
    isPossibleDuplicate: false,
    providerMessageId: null,
    costMicros: null,
    currency: null,
    error,
  };
}

/** Nobody was asked, so however often this happens the message stays until its code is dead. */
function waiting(
  message: Pick<OutboundMessage, 'deliveryId' | 'isPossibleDuplicate'>,
  provider: string,
  error: string,
): AttemptResult {
  return {
    ...failed(message.deliveryId, error),
    provider,
    status: 'queued',
    retryInMs: fullPauseMs,
    isPossibleDuplicate: message.isPossibleDuplicate,
  };
}

function toResult(
  task: Task,
  provider: Provider,
  outcome: SendOutcome,
  retryInMs: number,
): AttemptResult {
  const { message, attempt, route } = task;
  const base = {
    deliveryId: message.deliveryId,
    provider: provider.name,
    parts: message.parts,
    wasTried: true,
    retryInMs,
    isPossibleDuplicate: message.isPossibleDuplicate,
    providerMessageId: null,
    costMicros: null,
    currency: null,
  };
  switch (outcome.kind) {
    case 'accepted': {
      // What the provider told, or else what it is known to charge; another one of the route may
      // have been quoted at the start.
      const cost = outcome.cost ?? provider.quote(message);
      return {
        ...base,
        status: 'sent',
        providerMessageId: outcome.providerMessageId,
        costMicros: cost === null ? null : toMicros(cost.amount),
        currency: cost?.currency ?? null,
        error: null,
      };
    }
    case 'refused': {
      const mayTryOther = attempt < route.length;
      return { ...base, status: mayTryOther ? 'queued' : 'failed', error: outcome.error };
    }
    case 'unavailable': {
      const status = attempt < Math.max(attemptsMax, route.length) ? 'queued' : 'failed';
      return { ...base, status, error: outcome.error };
    }
    case 'unknown': {
      const status = message.isPossibleDuplicate ? 'failed' : 'queued';
      return { ...base, status, isPossibleDuplicate: true, error: outcome.error };
    }
  }
}
