import type { Pool } from 'pg';
import { StorageUnavailable } from '#service/ports.ts';
import { arrayParameter } from '#storage/postgres/array-parameter.ts';
import type { Clock } from '#storage/postgres/clock.ts';
import { createExchange, type TextRow } from '#storage/postgres/exchange.ts';
import { classifyPostgresError } from '#storage/postgres/postgres-error.ts';
import { newerSchema, schemaVersion } from '#storage/postgres/schema-version.ts';
import { slotAt, type Tallies, type TallyRow } from '#storage/postgres/tallies.ts';

const everyMs = 1_000;

export interface Heartbeat {
  /** Once now; for the beginning. */
  beat(): Promise<void>;
  /**
   * Why this node may not work any more: a migration that its version does not know, and that does
   * not say it is compatible with it, has been made since it started.
   */
  readonly outdated: StorageUnavailable | null;
  /** A last time, for the end. */
  stop(): Promise<void>;
}

/**
 * What a node tells the others about once a second: how far time has come, and the guesses it has
 * counted. It reads what they have counted at the same time, and whether the tables are still those
 * that it knows.
 */
export function startHeartbeat(
  pool: Pool,
  { clock, tallies }: { readonly clock: Clock; readonly tallies: Tallies },
): Heartbeat {
  let underWay: Promise<void> | null = null;
  let outdated: StorageUnavailable | null = null;

  async function tell(): Promise<void> {
    const client = await pool.connect();
    let broken: Error | undefined;
    const added = tallies.unwritten();
    try {
      const values = [
        arrayParameter(
          'integer',
          added.map(({ slot }) => slot),
        ),
        arrayParameter(
          'integer',
          added.map(({ application }) => application),
        ),
        arrayParameter(
          'integer',
          added.map(({ wrong }) => wrong),
        ),
        arrayParameter(
          'integer',
          added.map(({ right }) => right),
        ),
      ];
      const [, , sums = [], newer = []] = await createExchange(
        client,
        false,
      )([
        { text: keepHighWater, values: [String(clock.highWaterMs)] },
        { text: addGuesses, values },
        { text: readSums, values: [String(slotAt(clock.lastMs) - 1)] },
        { text: readNewer, values: [String(schemaVersion)] },
      ]);
      outdated = judgeNewer(newer[0]);
      tallies.refresh(added, sums.map(toTallyRow));
    } catch (error) {
      broken = error instanceof Error ? error : new Error(String(error));
      // The answer is lost, not what was asked: it may have been added. The count is a heuristic,
      // and forgetting a second's guesses harms less than throttling people for guesses not made.
      if (classifyPostgresError(error).breaksConnection) tallies.drop(added);
      throw error;
    } finally {
      client.release(broken);
    }
  }

  function beat(): Promise<void> {
    underWay ??= tell().finally(() => {
      underWay = null;
    });
    return underWay;
  }

  // One that fails is made up for by the next: others learn of it later.
  const timer = setInterval(() => void beat().catch(() => {}), everyMs).unref();
  return {
    beat,
    get outdated() {
      return outdated;
    },
    async stop() {
      clearInterval(timer);
      await underWay?.catch(() => {});
      await beat().catch(() => {});
    },
  };
}

const keepHighWater =
  'UPDATE clock SET high_water_ms = $1::bigint WHERE high_water_ms < $1::bigint';

const addGuesses =
  'INSERT INTO tally (slot, application, wrong_guesses, right_guesses) ' +
  'SELECT * FROM unnest($1::integer[], $2::integer[], $3::integer[], $4::integer[]) ' +
  'ON CONFLICT (slot, application) DO UPDATE SET ' +
  'wrong_guesses = tally.wrong_guesses + excluded.wrong_guesses, ' +
  'right_guesses = tally.right_guesses + excluded.right_guesses';

const readSums =
  'SELECT slot, application, wrong_guesses, right_guesses FROM tally WHERE slot >= $1';

const readNewer =
  'SELECT max(version), max(compatible_from) FROM watchword_schema WHERE version > $1::integer';

function judgeNewer([version, compatibleFrom]: TextRow = []): StorageUnavailable | null {
  if (version == null || Number(compatibleFrom) <= schemaVersion) return null;
  return new StorageUnavailable(newerSchema(Number(version), schemaVersion).message);
}

function toTallyRow(row: readonly (string | null)[]): TallyRow {
  const [slot = 0, application = 0, wrong = 0, right = 0] = row.map(Number);
  return { slot, application, wrong, right };
}
