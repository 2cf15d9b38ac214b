import type { ReferenceQuery, Storage } from '#service/ports.ts';
import type { ApplicationNumbers } from '#storage/postgres/application-numbers.ts';
import { findNumber } from '#storage/postgres/applications.ts';
import { recentFrom } from '#storage/postgres/horizon.ts';
import type { Sql } from '#storage/postgres/sql.ts';

/**
 * By the index of references, in the newest days. The order is by the moment and not by the id
 * alone: along the ids the planner would rather walk all of a day backwards.
 */
const newestByReference =
  'SELECT id FROM verification WHERE application = $1 AND reference = $2 AND id >= $3 ' +
  "AND status <> 'blocked' AND code_version > 0 AND ($4::text IS NULL OR purpose = $4) " +
  'AND ($5::text IS NULL OR channel = $5) AND ($6::text IS NULL OR origin = $6) ' +
  'ORDER BY created_at_ms DESC, id DESC LIMIT 1';

export function createFindByReference(
  sql: Sql,
  numbers: ApplicationNumbers,
): Storage['findByReference'] {
  return async ({ applicationId, reference, purpose, channel, origin }: ReferenceQuery) => {
    const application = await findNumber(numbers, applicationId);
    // A text with U+0000 was never kept, and PostgreSQL cannot even be asked for one.
    const isImpossible = [reference, purpose, origin].some((text) => text?.includes('\0'));
    if (application === undefined || isImpossible) return null;
    const from = recentFrom('verification');
    const values = [application, reference, from, purpose, channel, origin];
    const [row] = await sql.rows<{ id: string }>(newestByReference, values);
    return row?.id ?? null;
  };
}
