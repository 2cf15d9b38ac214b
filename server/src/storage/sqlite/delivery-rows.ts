import { headOf } from '#domain/id.ts';
import type { Applications } from '#storage/sqlite/applications.ts';
import {
  type DeliveryRow,
  deliveryColumns,
  deliveryHead,
  toKeptDelivery,
} from '#storage/sqlite/delivery-record.ts';
import type { Database } from '#storage/sqlite/statement.ts';
import { verificationHead } from '#storage/sqlite/verification-record.ts';
import { writeHistory } from '#storage/steps/history.ts';
import { createRecent, type Recent, recentMax } from '#storage/steps/recent.ts';
import { deliveryBytes } from '#storage/steps/row-bytes.ts';
import type { KeptDelivery, KeptVerification } from '#storage/steps/tables.ts';

export type DeliveryRows = ReturnType<typeof createDeliveryRows>;

export function createDeliveryRows(database: Database, applications: Applications) {
  const recent = createRecent<KeptDelivery>(recentMax, deliveryBytes);
  const byHead = database.prepareTuples<DeliveryRow>(
    `SELECT ${deliveryColumns} FROM delivery WHERE head = ?`,
  );
  const verificationId = database.prepareTuples<[string]>(
    'SELECT id FROM verification WHERE head = ?',
  );
  function atHead(head: number): KeptDelivery | null {
    const row = byHead.get(head);
    if (row === undefined) return null;
    const [, , application, verification] = row;
    const [id = ''] = verificationId.get(verification) ?? [];
    const applicationId = applications.idOf(application);
    return toKeptDelivery(row, { verificationId: id, applicationId });
  }

  return {
    atHead,
    find(id: string): KeptDelivery | null {
      const known = recent.get(id);
      if (known !== undefined) return known;
      const head = headOf(id, 'dl');
      const kept = head === null ? null : atHead(head);
      if (kept?.record.id !== id) return null;
      recent.set(id, kept);
      return kept;
    },
    of({ deliveryIds, record }: KeptVerification): KeptDelivery[] {
      const of = { verificationId: record.id, applicationId: record.applicationId };
      return deliveryIds.flatMap((id) => {
        const known = recent.get(id);
        if (known !== undefined) return known;
        const row = byHead.get(deliveryHead(id));
        return row === undefined ? [] : toKeptDelivery(row, of);
      });
    },
    ...createWrites(database, recent),
    forget: recent.forget,
    leaveMemory: recent.delete,
  };
}

function createWrites(database: Database, recent: Recent<KeptDelivery>) {
  const insert = database.prepare(
    'INSERT INTO delivery (head, id, application, verification, code_version, channel, provider, ' +
      'status, parts, quote_micros, quote_currency, attempts, is_possible_duplicate, ' +
      "created_at_ms, history) VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?, 0, ?, ?)",
  );
  const save = database.prepare(
    'UPDATE delivery SET provider = ?, status = ?, parts = ?, cost_micros = ?, currency = ?, ' +
      'error = ?, provider_message_id = ?, attempts = ?, is_possible_duplicate = ?, history = ? ' +
      'WHERE head = ?',
  );

  return {
    /** A new delivery; its message goes to the outbox beside it. */
    insert(kept: KeptDelivery): void {
      const { application, codeVersion, record } = kept;
      insert.run(
        deliveryHead(record.id),
        record.id,
        application,
        verificationHead(record.verificationId),
        codeVersion,
        record.channel,
        record.provider,
        record.parts,
        record.quoteMicros,
        record.quoteCurrency,
        record.attempts,
        record.createdAtMs,
        writeHistory(record.history),
      );
      recent.set(record.id, kept);
    },
    save(kept: KeptDelivery): void {
      const { record } = kept;
      save.run(
        record.provider,
        record.status,
        record.parts,
        record.costMicros,
        record.currency,
        record.error,
        record.providerMessageId,
        record.attempts,
        record.isPossibleDuplicate ? 1 : 0,
        writeHistory(record.history),
        deliveryHead(record.id),
      );
      recent.set(record.id, kept);
    },
  };
}
