/**
 * How long a node may take to keep its answer before a repeated request may make it anew. Longer
 * than a storage's own time-outs: what is still under way by then has failed.
 */
export const answerLeaseMs = 6_000;

/** How long a step stays repeatable; the purge removes the row some time after. */
export const idempotencyKeptMs = 86_400_000;
