import type { Caller } from './caller.ts';
import type { FreshNumber } from './fresh-numbers.ts';
import type { Gateways } from './gateways.ts';
import type { Load, LoadResult } from './protocol.ts';
import type { Samples } from './samples.ts';

export interface LoadContext {
  readonly load: Load;
  readonly gateways: Gateways;
  readonly freshNumber: FreshNumber;
  /** The counted window begins now. */
  begin(): void;
  /** So many pairs are done. */
  progress(done: number): void;
}

/** What a workload keeps while it runs. */
export interface Window extends LoadContext {
  readonly callers: readonly Caller[];
  readonly start: Samples;
  readonly check: Samples;
  readonly handOver: Samples;
}

export interface Counted {
  readonly done: number;
  readonly seconds: number;
  readonly usage: NodeJS.CpuUsage;
  readonly strayMessages: number;
}

export function resultOf(
  window: Pick<Window, 'start' | 'check' | 'handOver'>,
  counted: Counted,
): LoadResult {
  const { done, seconds, usage, strayMessages } = counted;
  if (done === 0) throw new Error('Nothing was done within the time that is counted.');
  return {
    done,
    seconds,
    startMs: window.start.percentiles(),
    checkMs: window.check.percentiles(),
    handOverMs: window.handOver.percentiles(),
    strayMessages,
    generatorCores: (usage.user + usage.system) / 1e6 / seconds,
  };
}
