import type { Caller } from './caller.ts';
import type { LoadResult } from './protocol.ts';
import { resultOf, type Window } from './window.ts';

/** Starts and right checks in turn, or starts alone, counted from the end of the warm-up on. */
export async function runPairs(window: Window): Promise<LoadResult> {
  const { load, callers, gateways } = window;
  const warmUntilMs = performance.now() + load.warmUpSeconds * 1_000;
  const pairsMax = load.pairsMax ?? Number.POSITIVE_INFINITY;
  const step = pairsMax / 10;
  let [beganAtMs, endAtMs, done] = [0, Number.POSITIVE_INFINITY, 0];
  let usage = process.cpuUsage();

  function beginOnce(nowMs: number): void {
    if (beganAtMs > 0 || nowMs < warmUntilMs) return;
    beganAtMs = nowMs;
    endAtMs = nowMs + load.seconds * 1_000;
    usage = process.cpuUsage();
    window.begin();
  }

  async function loop(caller: Caller): Promise<void> {
    while (performance.now() < endAtMs && done < pairsMax) {
      const started = await caller.start();
      const checkMs = load.workload === 'messages' ? null : await caller.checkRight(started);
      const nowMs = performance.now();
      if (beganAtMs > 0 && nowMs < endAtMs && done < pairsMax) {
        done++;
        window.start.add(started.startMs);
        if (checkMs !== null) window.check.add(checkMs);
        window.handOver.add(started.handOverMs);
        if (done % step === 0) window.progress(done);
      }
      beginOnce(nowMs);
    }
  }

  await Promise.all(callers.map(loop));
  return resultOf(window, {
    done,
    seconds: (Math.min(performance.now(), endAtMs) - beganAtMs) / 1_000,
    usage: process.cpuUsage(usage),
    strayMessages: gateways.strayMessages,
  });
}
