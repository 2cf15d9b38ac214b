import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { test } from 'node:test';
import { headOf } from '#domain/id.ts';
import { hashOf, makeId } from '#storage/contract/fixture.ts';
import { openSqliteStorage } from '#storage/sqlite/index.ts';

const olderVersions = [
  { version: 1, files: ['001-first.sql'] },
  { version: 2, files: ['001-first.sql', '002-delivery-ids.sql'] },
  { version: 3, files: ['001-first.sql', '002-delivery-ids.sql', '003-kept-requests.sql'] },
];

const createdAtMs = Date.now() - 60_000;
const ids = { application: makeId('app'), pending: makeId('vf'), erased: makeId('vf') };
const deliveryId = makeId('dl');
const heads = {
  pending: headOf(ids.pending, 'vf'),
  erased: headOf(ids.erased, 'vf'),
  delivery: headOf(deliveryId, 'dl'),
};

type Row = Readonly<Record<string, SQLInputValue>>;

function verificationRow(version: number, of: Row): Row {
  const rest = Object.fromEntries(
    ['checks_used', 'checks_wrong', 'has_callback'].map((name) => [name, 0]),
  );
  const listed = version === 1 ? 'delivery_heads' : 'delivery_ids';
  return {
    ...rest,
    application: 1,
    period: 0,
    checks_max: 5,
    sends_used: 1,
    sends_max: 5,
    code_version: 1,
    code_bits: 19.93,
    lifetime_ms: 600_000,
    created_at_ms: createdAtMs,
    expires_at_ms: createdAtMs + 600_000,
    life_ends_at_ms: createdAtMs + 600_000,
    resend_allowed_at_ms: createdAtMs + 30_000,
    origin: 'api',
    purpose: 'login',
    channel: 'sms',
    recipient_hash: hashOf('one'),
    metadata: '{"order":"7"}',
    history: `[[${createdAtMs},"started"]]`,
    [listed]: '[]',
    ...of,
  };
}

function deliveryRow(): Row {
  return {
    head: heads.delivery,
    id: deliveryId,
    application: 1,
    verification: heads.pending,
    code_version: 1,
    channel: 'sms',
    provider: 'gateway',
    status: 'queued',
    parts: 1,
    attempts: 1,
    is_possible_duplicate: 0,
    created_at_ms: createdAtMs,
    history: `[[${createdAtMs},"queued"]]`,
  };
}

/** A file as a program of that version left it, with a row in each table that changed since. */
function writeOlder(file: string, { version, files }: (typeof olderVersions)[number]): void {
  const database = new DatabaseSync(file);
  for (const name of files) {
    database.exec(readFileSync(new URL(`./migrations/${name}`, import.meta.url), 'utf8'));
  }
  database.exec(`PRAGMA application_id = 0x57575244; PRAGMA user_version = ${version}`);
  const insert = (table: string, row: Row): void => {
    const names = Object.keys(row);
    const marks = names.map(() => '?').join(', ');
    const sql = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${marks})`;
    database.prepare(sql).run(...Object.values(row));
  };
  const settings = '{}';
  insert('application', { id: ids.application, name: 'one', settings, created_at_ms: 0 });
  const pending = { head: heads.pending, id: ids.pending, status: 'pending' };
  const listed =
    version === 1
      ? { delivery_heads: `[${heads.delivery}]` }
      : { delivery_ids: JSON.stringify([deliveryId]) };
  const sealed = { sealed_code: 'sealed code' };
  const asked = version < 3 ? { sealed_request: 'sealed request' } : {};
  insert('verification', verificationRow(version, { ...pending, ...listed, ...sealed, ...asked }));
  if (version >= 3)
    insert('kept_request', { verification: heads.pending, sealed: 'sealed request' });
  const erased = { head: heads.erased, id: ids.erased, status: 'approved' };
  insert('verification', verificationRow(version, erased));
  insert('delivery', deliveryRow());
  const message = { delivery: heads.delivery, due_at_ms: 0, in_flight: 0 };
  insert('outbox', { ...message, sealed_message: 'sealed message' });
  const live = JSON.stringify([[`login\n${hashOf('one')}`, ids.pending]]);
  const counted = { sends: `[${createdAtMs}]`, failures: '[]', failures_since_success: 0 };
  insert('ledger', { application: 1, key: hashOf('one'), ...counted, live });
  database.close();
}

for (const older of olderVersions) {
  test(`a file of schema ${older.version} is migrated with all that it holds`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'watchword-migrate-'));
    writeOlder(join(folder, 'watchword.db'), older);
    const storage = await openSqliteStorage({ folder, role: 'server' });
    try {
      const found = await storage.readVerification(ids.application, ids.pending);
      assert.equal(found?.verification.sealedRequest, 'sealed request');
      assert.equal(found.verification.sealedCode, 'sealed code');
      assert.deepEqual(found.verification.metadata, { order: '7' });
      const erased = await storage.readVerification(ids.application, ids.erased);
      assert.equal(erased?.verification.sealedRequest, null);
      const liveKey = `login\n${hashOf('one')}`;
      assert.equal(await storage.findLive(ids.application, hashOf('one'), liveKey), ids.pending);
      const query = { status: null, purpose: null, reference: null, limit: 9, before: null };
      const listed = await storage.listVerifications({
        ...query,
        applicationId: ids.application,
        recipientHash: hashOf('one'),
      });
      assert.deepEqual(
        listed.items.map(({ verification }) => verification.id),
        [ids.erased, ids.pending],
      );
      const [claimed] = await storage.claimDeliveries(9, 1_000);
      assert.equal(claimed?.delivery.id, deliveryId);
      assert.equal(claimed.delivery.verificationId, ids.pending);
      assert.equal(claimed.verification.sealedRequest, 'sealed request');
    } finally {
      await storage.close();
      rmSync(folder, { recursive: true });
    }
  });
}
