/**
 * Fills a PostgreSQL with finished verifications, as ninety days of traffic and the purge would
 * have left them: `WATCHWORD_DATABASE_URL=… node bench/growth/fill-postgres.ts <verifications>`.
 *
 * `watchword migrate` has made the schema, and an application is there. The rows are made inside
 * the database, a day at a time, each day in its own partition; nothing goes over the network.
 */
import { Client } from 'pg';
import { formatId, headAt, headsPerMs } from '../../server/src/domain/id.ts';
import { gigabytes } from './kept-fill.ts';

const dayMs = 86_400_000;
const verificationKeptDays = 90;
const requestKeptMs = 30 * dayMs;
const ledgerKeptMs = dayMs;
/** The newest is finished, and older than anything that a test of it still counts. */
const youngestMs = 120_000;
const daysPerLine = 10;
const idSymbols = '0123456789abcdefghjkmnpqrstvwxyz';
const hashSymbols = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The symbol of an alphabet at a place; both alphabets have a power of two of them. */
function symbolAt(symbols: string, place: string): string {
  return `substr('${symbols}', (${place})::integer + 1, 1)`;
}

/** As `formatId` writes a head: eleven symbols of five bits each. */
const headText = Array.from({ length: 11 }, (_, symbol) =>
  symbolAt(idSymbols, `(head >> ${50 - 5 * symbol}) & 31`),
).join(' || ');
/** A shard is the last ten bits of an id, as of the beginning of the recipient's hash. */
const shardText = `${symbolAt(idSymbols, 'shard >> 5')} || ${symbolAt(idSymbols, 'shard & 31')}`;
const hashBeginning = [
  symbolAt(hashSymbols, 'shard >> 6'),
  symbolAt(hashSymbols, 'shard & 63'),
].join(' || ');

/** $1 rows, from $2 to $3 (milliseconds); hexadecimal digits stand for what is random. */
const lives = `
  WITH moments AS MATERIALIZED (
    SELECT number, $2::bigint + (number * ($3::bigint - $2::bigint)) / $1::bigint AS at_ms
    FROM generate_series(0, $1::bigint - 1) AS number
  ), lives AS MATERIALIZED (
    SELECT at_ms, shard, ${headText} AS head_text, ${shardText} AS shard_text,
      ${hashBeginning} AS hash_beginning,
      md5(random()::text) AS first, md5(random()::text) AS second,
      CASE WHEN number % 8 = 0 THEN 'expired' ELSE 'approved' END AS status,
      CASE WHEN number % 8 = 0 THEN 300000 ELSE 15000 END AS took_ms
    FROM (
      SELECT number, at_ms, (at_ms - ${epochMs()}) * ${headsPerMs} + number % ${headsPerMs} AS head,
        (number * 7919) % 1024 AS shard
      FROM moments
    ) AS numbered
  )`;

/** $4: the application; $5: requests of that moment and later are still there. */
function insertDay(day: number): string {
  const verificationId = "'vf_' || head_text || substr(first, 1, 26) || shard_text";
  const deliveryId = "'dl_' || head_text || substr(second, 1, 26) || shard_text";
  return `${lives}, verifications AS (
    INSERT INTO verification_${day} (id, shard, version, application, status, checks_used,
      checks_wrong, checks_max, sends_used, sends_max, code_version, code_bits, lifetime_ms,
      created_at_ms, expires_at_ms, life_ends_at_ms, resend_allowed_at_ms, finished_at_ms, origin,
      purpose, country, channel, recipient_hash, ledger_key, has_callback, delivery_ids, history,
      sealed_request)
    SELECT ${verificationId}, shard, 3, $4::integer, status, 1, 0, 5, 1, 5, 1, 19.93, 300000,
      at_ms, at_ms + 300000, at_ms + 600000, at_ms + 30000, at_ms + took_ms, 'api',
      'login', 'DE', 'sms', hash_beginning || first || substr(second, 1, 9),
      hash_beginning || second || substr(first, 1, 9), false, ${deliveryId},
      format('[[%s,"started"],[%s,"%s"]]', at_ms, at_ms + took_ms, status),
      CASE WHEN at_ms > $5::bigint THEN repeat(first, 9) END
    FROM lives
  )
  INSERT INTO delivery_${day} (id, shard, version, application, verification_id, code_version,
    channel, provider, status, parts, provider_message_id, attempts, is_possible_duplicate,
    created_at_ms, history, is_in_flight)
  SELECT ${deliveryId}, shard, 2, $4::integer, ${verificationId}, 1, 'sms', 'healthy', 'sent', 1,
    substr(second, 1, 20), 1, false, at_ms,
    format('[[%s,"queued"],[%s,"sent"]]', at_ms, at_ms + 4), false
  FROM lives`;
}

/** $4: the application. Of the last day, as the purge leaves them. */
const insertLedgers = `${lives}
  INSERT INTO ledger
    (shard, application, key, version, failures_since_success, sends, failures, live)
  SELECT shard, $4::integer, hash_beginning || second || substr(first, 1, 9), 3, 0,
    format('[%s]', at_ms), '[]', '[]'
  FROM lives ON CONFLICT DO NOTHING`;

export async function fillPostgres(
  url: string,
  verifications: number,
  say: (line: string) => void,
): Promise<{ readonly seconds: number; readonly bytes: number }> {
  const beganAtMs = performance.now();
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    // Only the syncs of the disk are left out; what lies there in the end is the same.
    await client.query('SET synchronous_commit = off');
    const [application] = await numbersOf(client, 'SELECT number FROM application ORDER BY number');
    if (application === undefined) throw new Error('Make an application first.');
    await fillDays(client, { application, verifications, say });
    await client.query('VACUUM ANALYZE');
    await client.query('CHECKPOINT');
    const [bytes = 0] = await numbersOf(
      client,
      'SELECT pg_database_size(current_database()) AS number',
    );
    return { seconds: (performance.now() - beganAtMs) / 1_000, bytes };
  } finally {
    await client.end();
  }
}

async function fillDays(
  client: Client,
  fill: { application: number; verifications: number; say: (line: string) => void },
): Promise<void> {
  const { application, verifications, say } = fill;
  const nowMs = Date.now();
  const endMs = nowMs - youngestMs;
  const startMs = nowMs - verificationKeptDays * dayMs;
  const rowsIn = (fromMs: number, toMs: number) =>
    Math.round((verifications * (toMs - fromMs)) / (endMs - startMs));
  const lastDay = Math.floor(endMs / dayMs);
  for (let day = Math.floor(startMs / dayMs); day <= lastDay; day++) {
    const fromMs = Math.max(startMs, day * dayMs);
    const toMs = Math.min(endMs, (day + 1) * dayMs);
    await client.query('SELECT watchword_add_day($1, $2, $3)', [
      day,
      headAtDay(day),
      headAtDay(day + 1),
    ]);
    const rows = [rowsIn(fromMs, toMs), fromMs, toMs, application, nowMs - requestKeptMs];
    await client.query(insertDay(day), rows);
    if ((lastDay - day) % daysPerLine === 0) say(`${lastDay - day} days are left`);
  }
  const ledgers = rowsIn(nowMs - ledgerKeptMs, endMs);
  await client.query(insertLedgers, [ledgers, nowMs - ledgerKeptMs, endMs, application]);
}

/** As the storage bounds its days (storage/postgres/days.ts). */
function headAtDay(day: number): string {
  return formatId('vf', headAt(day * dayMs), new Uint8Array()).slice(3, 14);
}

/** Where heads begin to be counted. */
function epochMs(): number {
  const anyMs = 2 ** 41;
  return anyMs - headAt(anyMs) / headsPerMs;
}

async function numbersOf(client: Client, sql: string): Promise<number[]> {
  const { rows } = await client.query<{ number: string }>(sql);
  return rows.map(({ number }) => Number(number));
}

if (import.meta.main) {
  const url = process.env['WATCHWORD_DATABASE_URL'];
  const verifications = Number(process.argv[2]);
  if (url === undefined || !(verifications > 0)) {
    throw new Error(
      'Set WATCHWORD_DATABASE_URL and say how many: fill-postgres.ts <verifications>',
    );
  }
  const { seconds, bytes } = await fillPostgres(url, verifications, (line) =>
    process.stderr.write(`${line}\n`),
  );
  process.stdout.write(
    `${verifications} verifications in ${seconds.toFixed(0)} s: ${gigabytes(bytes)}\n`,
  );
}
