/**
 * Fills a data folder with finished verifications, as ninety days of traffic and the purge would
 * have left them: `node bench/growth/fill-sqlite.ts <folder> <verifications>`.
 *
 * The storage makes the file and its schema, and its own statements write the verifications. The
 * disk is synced once, at the end, which changes nothing about what lies there.
 */
import { closeSync, fsyncSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { defaultSettings } from '../../server/src/domain/application.ts';
import { headAt, headsPerMs } from '../../server/src/domain/id.ts';
import { openSqliteStorage } from '../../server/src/storage/sqlite/index.ts';
import {
  insertVerification,
  toValues,
} from '../../server/src/storage/sqlite/verification-record.ts';
import { finishedLife, idOf, randomSlice } from './finished-life.ts';
import { gigabytes } from './kept-fill.ts';

const dayMs = 86_400_000;
const verificationKeptMs = 90 * dayMs;
const requestKeptMs = 30 * dayMs;
const ledgerKeptMs = dayMs;
/** A day's worth is due to be purged, for measuring that. */
const purgeDueMs = dayMs;
/** The newest is finished, and older than anything that a test of it still counts. */
const youngestMs = 120_000;
const rowsPerTransaction = 50_000;
const progressEvery = 1_000_000;

const insertDelivery =
  'INSERT INTO delivery (head, id, application, verification, code_version, channel, provider, ' +
  'status, parts, attempts, is_possible_duplicate, provider_message_id, created_at_ms, history) ' +
  "VALUES (?, ?, ?, ?, 1, 'sms', 'healthy', 'sent', 1, 1, 0, ?, ?, ?)";
const insertRequest = 'INSERT INTO kept_request (verification, sealed) VALUES (?, ?)';
const insertLedger =
  'INSERT INTO ledger (application, key, sends, failures, failures_since_success, live) ' +
  "VALUES (?, ?, ?, '[]', 0, '[]') ON CONFLICT DO NOTHING";
const keepPosition =
  'INSERT INTO purge_position (name, position, moved_at_ms) VALUES (?, ?, ?) ' +
  'ON CONFLICT DO UPDATE SET position = excluded.position, moved_at_ms = excluded.moved_at_ms';

/** The rows belong to the first application of the folder; one is made where there is none. */
export async function fillSqlite(
  folder: string,
  verifications: number,
  say: (line: string) => void,
): Promise<{ readonly seconds: number; readonly bytes: number }> {
  const beganAtMs = performance.now();
  const applicationId = await prepare(folder);
  const database = new DatabaseSync(join(folder, 'watchword.db'));
  database.exec(`
    PRAGMA journal_mode = DELETE;
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA cache_size = -262144;`);
  writeRows(database, applicationId, verifications, say);
  database.close();
  const file = join(folder, 'watchword.db');
  sync(file);
  return { seconds: (performance.now() - beganAtMs) / 1_000, bytes: statSync(file).size };
}

/** Once for all of it: what the disk has yet to do would weigh on what is measured next. */
function sync(file: string): void {
  const descriptor = openSync(file, 'r+');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

async function prepare(folder: string): Promise<string> {
  const storage = await openSqliteStorage({ folder, role: 'server' });
  try {
    const [first] = await storage.listApplications();
    if (first !== undefined) return first.id;
    const id = idOf('app', headAt(Date.now()));
    const createdAtMs = Date.now();
    await storage.createApplication({ id, name: 'filled', settings: defaultSettings, createdAtMs });
    return id;
  } finally {
    await storage.close();
  }
}

function writeRows(
  database: DatabaseSync,
  applicationId: string,
  verifications: number,
  say: (line: string) => void,
): void {
  const application = Number(
    database.prepare('SELECT number FROM application WHERE id = ?').get(applicationId)?.['number'],
  );
  const verification = database.prepare(insertVerification);
  const delivery = database.prepare(insertDelivery);
  const request = database.prepare(insertRequest);
  const ledger = database.prepare(insertLedger);
  const nowMs = Date.now();
  const firstAtMs = nowMs - verificationKeptMs - purgeDueMs;
  const requestsFromMs = nowMs - requestKeptMs - purgeDueMs;
  const stepMs = (nowMs - youngestMs - firstAtMs) / verifications;
  for (let row = 0; row < verifications; row++) {
    if (row % rowsPerTransaction === 0) database.exec(row === 0 ? 'BEGIN' : 'COMMIT; BEGIN');
    if (row % progressEvery === 0) say(`${row} of ${verifications}`);
    const atMs = firstAtMs + Math.floor(row * stepMs);
    const head = headAt(atMs) + (row % headsPerMs);
    const life = finishedLife(applicationId, { atMs, head });
    const { record, deliveryId, deliveryHistory } = life;
    verification.run(...toValues({ application, deliveryIds: [deliveryId], record }));
    const message = randomSlice(20);
    delivery.run(head, deliveryId, application, head, message, atMs, deliveryHistory);
    if (atMs > requestsFromMs) request.run(head, life.sealedRequest);
    if (atMs > nowMs - ledgerKeptMs) ledger.run(application, record.ledgerKey, `[${atMs}]`);
  }
  const position = database.prepare(keepPosition);
  position.run('recipient', headAt(requestsFromMs), nowMs);
  position.run('ledger', 0, nowMs);
  database.exec('COMMIT');
}

if (import.meta.main) {
  const [folder, count] = process.argv.slice(2);
  const verifications = Number(count);
  if (folder === undefined || !(verifications > 0)) {
    throw new Error('Say the folder and how many: fill-sqlite.ts <folder> <verifications>');
  }
  const filled = await fillSqlite(folder, verifications, (line) =>
    process.stderr.write(`${line}\n`),
  );
  process.stdout.write(
    `${verifications} verifications in ${filled.seconds.toFixed(0)} s: ` +
      `${gigabytes(filled.bytes)}\n`,
  );
}
