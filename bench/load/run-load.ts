/**
 * A load from its first call to its result: callers in closed loops, a warm-up that is not counted,
 * and a window that is. The first answer that is not the expected one ends it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Caller, openCaller } from './caller.ts';
import { runPairs } from './pairs.ts';
import type { LoadResult, SystemShape } from './protocol.ts';
import { createSamples } from './samples.ts';
import type { LoadContext, Window } from './window.ts';
import { runWrongChecks } from './wrong-checks.ts';

/** Longer than any system may take for one answer or one message. */
const silenceMaxMs = 30_000;
/** What a caller beside the others waits between two starts that nobody receives. */
const pauseBesideMs = 300;

export async function runLoad(context: LoadContext): Promise<LoadResult> {
  const { load, gateways } = context;
  gateways.expect(load.shape.message);
  const open = (shape: SystemShape, count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, place) =>
        openCaller(shape, place, gateways, context.freshNumber),
      ),
    );
  const callers = await open(load.shape, load.callers);
  const beside = {
    slow: load.beside === undefined ? [] : await open(load.beside.slow, load.beside.callers),
    dead: load.beside === undefined ? [] : await open(load.beside.dead, load.beside.callers),
  };
  const all = [...callers, ...beside.slow, ...beside.dead];
  const window: Window = {
    ...context,
    callers,
    start: createSamples(),
    check: createSamples(),
    handOver: createSamples(),
  };
  const watch = watchSilence(all);
  const ending = new AbortController();
  try {
    const measured = load.workload === 'wrong-checks' ? runWrongChecks(window) : runPairs(window);
    const others = [
      ...beside.slow.map((caller) => pairUntil(caller, ending.signal)),
      ...beside.dead.map((caller) => startUntil(caller, ending.signal)),
    ];
    return await Promise.race([measured, watch.silence, neverEnds(Promise.all(others))]);
  } finally {
    ending.abort();
    watch.stop();
    for (const caller of all) caller.close();
    gateways.forget();
  }
}

async function pairUntil(caller: Caller, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await caller.checkRight(await caller.start());
}

async function startUntil(caller: Caller, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await caller.startOnly();
    await pause(pauseBesideMs);
  }
}

/** Of the callers beside only a failure counts; it ends the load. */
function neverEnds(work: Promise<unknown>): Promise<never> {
  return new Promise((_, fail) => {
    work.catch(fail);
  });
}

/** A time-out for each call would cost a timer per call: one look a second is enough. */
function watchSilence(callers: readonly Caller[]): { silence: Promise<never>; stop(): void } {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setInterval(() => {
    const oldestMs = performance.now() - silenceMaxMs;
    if (callers.some(({ busySinceMs }) => busySinceMs < oldestMs)) {
      reject(new Error(`A caller waited ${silenceMaxMs / 1_000} s for an answer or a message.`));
    }
  }, 1_000);
  promise.catch(() => undefined);
  return { silence: promise, stop: () => clearInterval(timer) };
}
