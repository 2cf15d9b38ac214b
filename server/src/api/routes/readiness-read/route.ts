import { setTimeout as wait } from 'node:timers/promises';
import { Type } from 'typebox';
import { defineRoute } from '#api/route.ts';
import { noQuery } from '#api/schemas/text.ts';
import { StorageUnavailable } from '#service/ports.ts';

/** Below what load balancers wait for an answer by default. */
const pingTimeoutMs = 2_000;

export const readinessRead = defineRoute({
  method: 'GET',
  path: '/readyz',
  operationId: 'readReadiness',
  tag: 'about',
  summary: 'Can it serve?',
  description: 'The storage is reachable and up to date: send traffic only while this answers 200.',
  access: 'open',
  query: noQuery,
  answer: {
    status: 200,
    description: 'It can.',
    schema: Type.Object({ status: Type.Literal('ready') }),
  },
  refusals: [],
  async handle({ service }) {
    const timer = new AbortController();
    try {
      await Promise.race([service.ping(), lateness(timer.signal)]);
    } finally {
      timer.abort();
    }
    return { status: 'ready' as const };
  },
});

async function lateness(signal: AbortSignal): Promise<void> {
  try {
    await wait(pingTimeoutMs, undefined, { signal, ref: false });
  } catch {
    // Aborted: the storage answered first.
    return;
  }
  throw new StorageUnavailable(`The storage did not answer a ping within ${pingTimeoutMs} ms.`);
}
