import type { Options } from '../options.ts';
import type { RunningSystem } from '../systems/system.ts';
import type { GeneratorProcess } from './generator-process.ts';
import type { Figures, Measurement } from './measurement.ts';

/** What a workload is given to measure one system. */
export interface WorkloadContext {
  readonly options: Options;
  readonly system: RunningSystem;
  readonly generator: GeneratorProcess;
  /** One more measurement is done; `of` where a workload has rounds or parts of its own. */
  record(callers: number, figures: Figures, of?: Partial<Measurement>): void;
}
