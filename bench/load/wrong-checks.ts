/**
 * Wrong checks alone: verifications are made first, uncounted, and then guessed at. Three guesses
 * each, because every system allows that many; the first one belongs to the warm-up.
 */
import type { Caller, Started } from './caller.ts';
import type { LoadResult } from './protocol.ts';
import { resultOf, type Window } from './window.ts';

const guessesCounted = 2;

export async function runWrongChecks(window: Window): Promise<LoadResult> {
  const { load, callers, gateways } = window;
  const prepareUntilMs = performance.now() + (load.warmUpSeconds + load.seconds) * 1_000;

  async function prepare(caller: Caller): Promise<Started[]> {
    const prepared: Started[] = [];
    while (performance.now() < prepareUntilMs) {
      const started = await caller.start();
      await caller.checkWrong(started);
      prepared.push(started);
    }
    return prepared;
  }

  const prepared = await Promise.all(callers.map(prepare));
  const usage = process.cpuUsage();
  const beganAtMs = performance.now();
  const endAtMs = beganAtMs + load.seconds * 1_000;
  // From here on callers share what is prepared, so that all of them are busy until the end.
  const left = prepared.flat();
  let done = 0;
  window.begin();

  async function guess(caller: Caller): Promise<void> {
    for (let one = left.pop(); one !== undefined; one = left.pop()) {
      for (let nth = 0; nth < guessesCounted && performance.now() < endAtMs; nth++) {
        window.check.add(await caller.checkWrong(one));
        done++;
      }
    }
  }

  await Promise.all(callers.map(guess));
  return resultOf(window, {
    done,
    seconds: (performance.now() - beganAtMs) / 1_000,
    usage: process.cpuUsage(usage),
    strayMessages: gateways.strayMessages,
  });
}
