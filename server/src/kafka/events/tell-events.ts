import { setTimeout as pause } from 'node:timers/promises';
import type { Sender } from '#kafka/sender.ts';
import { readTrouble } from '#kafka/trouble.ts';
import { type EventSource, eventClaimMax, type ToldEvent } from '#service/event-source.ts';
import type { Log } from '#service/log-port.ts';
import { cloudEventRecord } from './cloud-event.ts';

export interface TellEventsParts {
  readonly events: EventSource;
  readonly sender: Sender;
  readonly topic: string;
  /** The server's public URL. */
  readonly source: string;
  readonly log: Log;
}

/** While there is nothing to tell, and while another node tells. */
const idleMs = 200;
const othersTurnMs = 1_000;
/** While the storage is away. */
const awayMs = 1_000;

/**
 * Writes what happens to its topic until it is stopped: at least once, those of one verification in
 * their order. An event is removed from the outbox after the brokers have it. At the end another
 * node may go on at once, unless something is still under way: then the lease has to run out.
 */
export function startTelling(parts: TellEventsParts): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let isAway = false;
  let isCutOff = false;

  /** Answers how long to wait before the next round. */
  async function tellRound(): Promise<number> {
    try {
      const events = await parts.events.claim();
      isAway = false;
      if (events === null) return othersTurnMs;
      await tell(parts, events);
      await parts.events.remove(events);
      return events.length < eventClaimMax ? idleMs : 0;
    } catch (error) {
      isCutOff = stopping.signal.aborted;
      if (isCutOff) return 0;
      if (!isAway) parts.log.warn({ err: error }, 'events have to wait');
      isAway = true;
      return awayMs;
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const waitMs = await tellRound();
      await pause(waitMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
    if (isCutOff) return;
    try {
      await parts.events.release();
    } catch (error) {
      parts.log.debug({ err: error }, 'the right to tell events runs out by itself');
    }
  }

  const running = run();
  return {
    stop() {
      stopping.abort();
      return running;
    },
  };
}

/** Resolves once the brokers have them all, however long they are away. */
async function tell(parts: TellEventsParts, events: readonly ToldEvent[]): Promise<void> {
  const { sender, topic, source, log } = parts;
  const written = await Promise.allSettled(
    events.map((event) => sender.send(cloudEventRecord(event, topic, source))),
  );
  for (const [at, one] of written.entries()) {
    if (one.status === 'fulfilled') continue;
    // An event that the broker refuses for good must not keep all later ones.
    if (readTrouble(one.reason).kind !== 'record_refused') throw one.reason;
    log.error({ err: one.reason, eventId: events[at]?.id }, 'the broker refused an event');
  }
}
