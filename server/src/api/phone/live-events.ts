import type { ServerResponse } from 'node:http';
import { createEventStreams } from '#api/phone/event-streams.ts';
import type { PhoneOptions } from '#api/phone/phone-options.ts';
import { phoneCaller } from '#api/phone/phone-options.ts';
import { clockForPage, messageForPage, verificationForPage } from '#api/phone/phone-views.ts';
import { assertNever } from '#domain/verification.ts';
import type { SandboxEvent } from '#service/sandbox.ts';

/** What happens in the sandbox, told to every page that is open. */
export interface LiveEvents {
  /** Takes over a response; false when as many as allowed are open. */
  open(response: ServerResponse): boolean;
  close(): void;
}

// A load test against a server with a phone open makes events faster than they are looked up.
const queuedEventsMax = 1_000;

/** `onError` is told when a look-up fails; all pages are sent away then, and read again. */
export function createLiveEvents(
  options: Pick<PhoneOptions, 'service' | 'sandbox' | 'application'>,
  onError: (error: unknown) => void,
): LiveEvents {
  let queue: SandboxEvent[] = [];
  let isDraining = false;
  let isClosed = false;
  let unsubscribe = () => {};
  const streams = createEventStreams(
    () => {
      unsubscribe = options.sandbox.subscribe(take);
    },
    () => {
      unsubscribe();
      queue = [];
    },
  );

  function take(event: SandboxEvent): void {
    queue.push(event);
    if (queue.length > queuedEventsMax) giveUp();
    else if (!isDraining) drain().catch(onError);
  }

  function giveUp(): void {
    queue = [];
    streams.sendAway();
  }

  /** One event after the other, so that they arrive in the order in which they happened. */
  async function drain(): Promise<void> {
    isDraining = true;
    try {
      for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
        const content = await contentOf(event, options);
        if (content !== null) streams.write(event.kind, content);
      }
    } catch (error) {
      giveUp();
      throw error;
    } finally {
      isDraining = false;
    }
  }

  return {
    // A page that comes back while the server closes would keep it from closing.
    open: (response) => !isClosed && streams.open(response),
    close() {
      isClosed = true;
      streams.end();
    },
  };
}

type Sources = Pick<PhoneOptions, 'service' | 'application'>;

/** Null for what is another application's. */
async function contentOf(event: SandboxEvent, sources: Sources): Promise<object | null> {
  const { id: applicationId } = await sources.application();
  switch (event.kind) {
    case 'message': {
      if (event.message.applicationId !== applicationId) return null;
      const { verificationId } = event.message;
      const verification = verificationId === null ? null : await lookUp(verificationId, sources);
      return { message: messageForPage(event.message), verification };
    }
    case 'verification': {
      // Read as the page's own application, so another's is not found.
      const verification = await lookUp(event.verificationId, sources);
      return verification === null ? null : { verification };
    }
    case 'clock':
      return clockForPage(event.nowMs);
    case 'reset':
      return event.applicationId === applicationId ? {} : null;
    default:
      return assertNever(event);
  }
}

async function lookUp(verificationId: string, sources: Sources) {
  const caller = await phoneCaller(sources);
  const found = await sources.service.readVerification(caller, verificationId);
  return found.ok ? verificationForPage(found.value) : null;
}
