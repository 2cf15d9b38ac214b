import type { Pool } from 'pg';
import { arrayParameter } from '#storage/postgres/array-parameter.ts';
import type { Clock } from '#storage/postgres/clock.ts';
import { createExchange } from '#storage/postgres/exchange.ts';
import { classifyPostgresError } from '#storage/postgres/postgres-error.ts';
import { slotAt, type Tallies, type TallyRow } from '#storage/postgres/tallies.ts';

const everyMs = 1_000;

export interface Heartbeat {
  /** Once now; for the beginning. */
  beat(): Promise<void>;
  /** A last time, for the end. */
  stop(): Promise<void>;
}

/**
 * What a node tells the others about once a second: how far time has come, and the guesses it has
 * counted. It reads what they have counted at the same time.
 */
export function startHeartbeat(
  pool: Pool,
  { clock, tallies }: { readonly clock: Clock; readonly tallies: Tallies },
): Heartbeat {
  let underWay: Promise<void> | null = null;

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
      const [, , sums = []] = await createExchange(
        client,
        false,
      )([
        { text: keepHighWater, values: [String(clock.highWaterMs)] },
        { text: addGuesses, values },
        { text: readSums, values: [String(slotAt(clock.lastMs) - 1)] },
      ]);
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

function toTallyRow(row: readonly (string | null)[]): TallyRow {
  const [slot = 0, application = 0, wrong = 0, right = 0] = row.map(Number);
  return { slot, application, wrong, right };
}
