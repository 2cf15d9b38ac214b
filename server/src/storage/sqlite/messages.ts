import type { EngineOptions, Outcome } from '#storage/sqlite/engine.ts';
import type { Operation } from '#storage/sqlite/handlers.ts';
import type { RefusedReason } from '#storage/sqlite/refused.ts';

/** What the worker is started with. */
export type WorkerOptions = EngineOptions;

export type ToWorker =
  | { readonly kind: 'batch'; readonly batch: readonly Operation[] }
  | { readonly kind: 'close' };

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly reason: RefusedReason; readonly message: string }
  | { readonly kind: 'outcomes'; readonly outcomes: readonly Outcome[] }
  | { readonly kind: 'closed' };
