import { formatId } from '#domain/id.ts';
import type { Storage } from '#service/ports.ts';
import type { ApplicationNumbers } from '#storage/postgres/application-numbers.ts';
import { findNumber } from '#storage/postgres/applications.ts';
import type { Sql } from '#storage/postgres/sql.ts';

/** More than two nodes drawing one head for one shard in the same quarter of a microsecond. */
const candidatesMax = 8;
const headEnd = 'vf_'.length + 11;

/**
 * Ids by what a handle holds of them. An id begins with its head, so they lie in one range of the
 * primary key and in the table of one day, which is found when the statement is planned: planning
 * looks at the bounds alone, and locks no other day.
 */
export function createFindByHandle(sql: Sql, numbers: ApplicationNumbers): Storage['findByHandle'] {
  return async (applicationId, { head, shard }) => {
    const application = await findNumber(numbers, applicationId);
    if (application === undefined || head >= Number.MAX_SAFE_INTEGER) return [];
    const [from, below] = [head, head + 1].map((at) => beginning(at));
    const rows = await sql.rows<{ id: string }>(
      'SELECT id FROM verification WHERE id >= $1 AND id < $2 AND shard = $3 ' +
        `AND application = $4 LIMIT ${candidatesMax}`,
      [from ?? '', below ?? '', shard, application],
    );
    return rows.map(({ id }) => id);
  };
}

/** What the ids with this head begin with. */
function beginning(head: number): string {
  return formatId('vf', head, new Uint8Array()).slice(0, headEnd);
}
