import { shardOfHash } from '#domain/id.ts';
import type { Ledger } from '#domain/limits.ts';
import { column, createWriter } from '#storage/postgres/columns.ts';
import type { TextRow } from '#storage/postgres/exchange.ts';

export interface LedgerRow {
  readonly application: number;
  readonly key: string;
  readonly ledger: Ledger;
  /** By live key, the verification that is pending for it. */
  readonly live: ReadonlyMap<string, LiveVerification>;
}

/**
 * The guesses of a pending verification are counted here, where its recipient's are counted too:
 * so a guess changes one small row, and the large one only at the end.
 */
export interface LiveVerification {
  readonly id: string;
  readonly checksUsed: number;
}

export const ledgerWriter = createWriter<LedgerRow>({
  keys: [
    column('shard', 'smallint', ({ key }) => shardOfHash(key)),
    column('application', 'integer', ({ application }) => application),
    column('key', 'text', ({ key }) => key),
  ],
  fixed: [],
  changing: [
    column('sends', 'text', ({ ledger }) => writeTimes(ledger.sendsAtMs)),
    column('failures', 'text', ({ ledger }) => writeTimes(ledger.failuresAtMs)),
    column('failures_since_success', 'integer', ({ ledger }) => ledger.failuresSinceSuccess),
    column('live', 'text', ({ live }) => writeLive(live)),
  ],
});

/** In the order in which `toLedger` reads them. */
export const ledgerColumns: readonly string[] = [
  'version',
  'application',
  'key',
  'sends',
  'failures',
  'failures_since_success',
  'live',
];

export function toLedger(row: TextRow): LedgerRow {
  const [, application, key, sends, failures, failuresSinceSuccess, live] = row;
  return {
    application: Number(application),
    key: key ?? '',
    ledger: {
      sendsAtMs: readTimes(sends ?? ''),
      failuresAtMs: readTimes(failures ?? ''),
      failuresSinceSuccess: Number(failuresSinceSuccess),
    },
    live: readLive(live ?? ''),
  };
}

/** Moments with a space between two: half the time of JSON, both ways. */
function writeTimes(timesMs: readonly number[]): string {
  return timesMs.join(' ');
}

function readTimes(text: string): number[] {
  return text === '' ? [] : text.split(' ').map(Number);
}

type KeptLive = [liveKey: string, id: string, checksUsed: number];

function writeLive(live: LedgerRow['live']): string {
  if (live.size === 0) return '';
  const kept = [...live].map(([key, { id, checksUsed }]): KeptLive => [key, id, checksUsed]);
  return JSON.stringify(kept);
}

function readLive(json: string): Map<string, LiveVerification> {
  const kept = json === '' ? [] : (JSON.parse(json) as KeptLive[]);
  return new Map(kept.map(([key, id, checksUsed]) => [key, { id, checksUsed }]));
}
