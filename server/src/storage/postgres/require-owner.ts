import type { ClientBase } from 'pg';
import { PostgresRefused } from '#storage/postgres/postgres-error.ts';

/**
 * Only who owns the tables of a history may attach and drop the days of it, and only who may create
 * in the schema can make them. Today's and tomorrow's are there already, so without this question a
 * node without the right would serve for two days, and then no more. Superusers may do all of it.
 */
const mayKeepDays = `
  SELECT has_schema_privilege(current_schema(), 'CREATE')
    AND bool_and(pg_has_role(relowner, 'USAGE')) AS may
  FROM pg_class
  WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
    AND relname ~ '^(verification|delivery)(_[0-9]+)?$'`;

/** Throws `PostgresRefused` when this user could not make the tables of the next days. */
export async function requireOwner(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ may: boolean }>(mayKeepDays);
  if (rows[0]?.may === true) return;
  throw new PostgresRefused(
    'The user of the database does not own its tables, of which nodes make and drop one a day. ' +
      'Name the owner in WATCHWORD_DATABASE_URL, or make this user the owner of the tables and ' +
      'the database.',
  );
}
