/**
 * Refusals of credentials whose moment tells nothing.
 *
 * A secret that a person chose is compared slowly, and a name that nobody has needs no comparison:
 * how long the refusal takes would tell a stranger which names there are. So refusals come at whole
 * multiples of an interval that is longer than a comparison. Who is right waits for nothing.
 *
 * Comparing with a hash of nobody's would take as long too, and let anybody have the processor for
 * a few calls a second. Where the name is the secret, there is nothing to find out.
 */
import { setTimeout } from 'node:timers/promises';
import type { Service } from '#service/service.ts';

/** Four times what a comparison takes on a machine that is not busy. */
export const usualRefusalMs = 1_000;

const realTime = { nowMs: () => performance.now(), wait: (ms: number) => setTimeout(ms) };

export function refuseLate(
  authenticateWith: Service['authenticateWith'],
  refusalMs: number,
  time: { nowMs(): number; wait(ms: number): Promise<unknown> } = realTime,
): Service['authenticateWith'] {
  return async (facade, presented) => {
    const fromMs = time.nowMs();
    const opened = await authenticateWith(facade, presented);
    if (opened !== null || refusalMs === 0 || Object.keys(presented.secrets).length === 0) {
      return opened;
    }
    const takenMs = time.nowMs() - fromMs;
    await time.wait(refusalMs - (takenMs % refusalMs));
    return null;
  };
}
