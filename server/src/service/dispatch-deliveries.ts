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
 * 3. What may have been taken unseen (a time-out) is tried once more, marked as possibly doubled.
 */
import type { ApplicationSettings } from '#domain/application.ts';
import { attemptsMax, pauseBeforeAttempt } from '#domain/delivery.ts';
import { toMicros } from '#domain/money.ts';
import { deliveryLeaseMs, type Log } from '#service/context.ts';
import type { AttemptResult, Storage } from '#service/ports.ts';
import type { OutboundMessage, Provider, SendOutcome } from '#service/provider-port.ts';
import type { ProviderRoutes } from '#service/provider-routes.ts';
import type { Vault } from '#service/vault.ts';

export interface DeliveryDispatcher {
  /** Takes a message whose row is durable. Returns at once. */
  handOver(message: OutboundMessage, settings: Pick<ApplicationSettings, 'providers'>): void;
  /** Claims what is due in storage and hands it over; answers how many. */
  claimDue(): Promise<number>;
  /** Resolves when nothing is under way or queued in memory. */
  whenIdle(): Promise<void>;
}

interface DispatcherParts {
  readonly storage: Storage;
  readonly vault: Vault;
  readonly routes: ProviderRoutes;
  readonly settingsOf: (
    applicationId: string,
  ) => Promise<Pick<ApplicationSettings, 'providers'> | null>;
  readonly log: Log;
  readonly attemptTimeoutMs: number;
  /** Uniform in [0, 1), for the jitter of pauses. */
  readonly random: () => number;
}

interface Task {
  readonly message: OutboundMessage;
  readonly route: readonly Provider[];
  /** Hand-overs so far, this one included. */
  readonly attempt: number;
}

interface Lane {
  readonly provider: Provider;
  readonly waiting: Task[];
  underWay: number;
}

/** Beyond this a message waits in storage instead of in memory. */
const waitingMax = 5_000;
const overflowPauseMs = 2_000;
const claimMax = 200;

export function createDeliveryDispatcher(parts: DispatcherParts): DeliveryDispatcher {
  const lanes = new Map<string, Lane>();
  let busy = 0;
  let idleListeners: (() => void)[] = [];

  function laneOf(provider: Provider): Lane {
    const known = lanes.get(provider.name);
    if (known !== undefined) return known;
    const lane: Lane = { provider, waiting: [], underWay: 0 };
    lanes.set(provider.name, lane);
    return lane;
  }

  function enqueue(task: Task): void {
    const provider = task.route[(task.attempt - 1) % task.route.length];
    if (provider === undefined) {
      track(record(task, null, { kind: 'refused', error: 'No provider serves this channel.' }));
      return;
    }
    const lane = laneOf(provider);
    if (lane.waiting.length >= waitingMax) {
      const { deliveryId } = task.message;
      parts.log.warn({ provider: provider.name, deliveryId }, 'delivery queue full');
      const retryInMs = overflowPauseMs;
      track(record(task, provider, { kind: 'unavailable', error: 'Waiting.' }, retryInMs));
      return;
    }
    lane.waiting.push(task);
    startNext(lane);
  }

  function startNext(lane: Lane): void {
    while (lane.underWay < lane.provider.concurrencyMax) {
      const task = lane.waiting.shift();
      if (task === undefined) return;
      lane.underWay++;
      track(
        attempt(lane.provider, task).finally(() => {
          lane.underWay--;
          startNext(lane);
        }),
      );
    }
  }

  function track(work: Promise<void>): void {
    busy++;
    work
      .catch((error: unknown) => parts.log.error({ err: error }, 'delivery not recorded'))
      .finally(() => {
        busy--;
        if (busy > 0) return;
        const listeners = idleListeners;
        idleListeners = [];
        for (const listener of listeners) listener();
      });
  }

  async function attempt(provider: Provider, task: Task): Promise<void> {
    const outcome = await send(provider, task.message, parts.attemptTimeoutMs);
    await record(task, provider, outcome);
  }

  async function record(
    task: Task,
    provider: Provider | null,
    outcome: SendOutcome,
    retryInMs: number | null = null,
  ): Promise<void> {
    const result = toResult(task, provider, outcome, retryInMs ?? pause(task, outcome));
    await parts.storage.recordAttempts([result]);
  }

  function pause(task: Task, outcome: SendOutcome): number {
    const own = outcome.kind === 'unavailable' ? (outcome.retryAfterMs ?? 0) : 0;
    return Math.max(own, pauseBeforeAttempt(task.attempt, parts.random()));
  }

  return {
    handOver(message, settings) {
      const route = parts.routes.forChannel(message.channel, settings);
      enqueue({ message, route, attempt: 1 });
    },
    async claimDue() {
      const claimed = await parts.storage.claimDeliveries(claimMax, deliveryLeaseMs);
      for (const { delivery, sealedMessage } of claimed) {
        const json = parts.vault.openMessage(sealedMessage, delivery.id);
        const settings = await parts.settingsOf(delivery.applicationId);
        if (json === null || settings === null) {
          parts.log.error({ deliveryId: delivery.id }, 'a queued message does not open');
          continue;
        }
        const kept = JSON.parse(json) as OutboundMessage;
        const message = { ...kept, isPossibleDuplicate: delivery.isPossibleDuplicate };
        const route = parts.routes.forChannel(delivery.channel, settings);
        enqueue({ message, route, attempt: delivery.attempts });
      }
      return claimed.length;
    },
    whenIdle() {
      if (busy === 0) return Promise.resolve();
      return new Promise((resolve) => idleListeners.push(resolve));
    },
  };
}

async function send(
  provider: Provider,
  message: OutboundMessage,
  timeoutMs: number,
): Promise<SendOutcome> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), timeoutMs);
  try {
    return await provider.send(message, controller.signal);
  } catch {
    // A provider that throws has a bug; nobody can tell whether the message went out.
    return { kind: 'unknown', error: 'The provider adapter failed.' };
  } finally {
    clearTimeout(timer);
  }
}

function toResult(
  task: Task,
  provider: Provider | null,
  outcome: SendOutcome,
  retryInMs: number,
): AttemptResult {
  const { message, attempt, route } = task;
  const base = {
    deliveryId: message.deliveryId,
    provider: provider?.name ?? 'none',
    retryInMs,
    isPossibleDuplicate: message.isPossibleDuplicate,
    providerMessageId: null,
    costMicros: null,
    currency: null,
  };
  switch (outcome.kind) {
    case 'accepted':
      return {
        ...base,
        status: 'sent',
        providerMessageId: outcome.providerMessageId,
        costMicros: outcome.cost === undefined ? null : toMicros(outcome.cost.amount),
        currency: outcome.cost?.currency ?? null,
        error: null,
      };
    case 'refused': {
      const mayTryOther = provider !== null && attempt < route.length;
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
