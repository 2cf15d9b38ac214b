import { createApiKeys, createApplications } from '#storage/sqlite/applications.ts';
import { createBudgets } from '#storage/sqlite/budgets.ts';
import { createCallbacks } from '#storage/sqlite/callbacks.ts';
import { createCredentials } from '#storage/sqlite/credentials.ts';
import { createDeliveryRows } from '#storage/sqlite/delivery-rows.ts';
import { createEvents } from '#storage/sqlite/events.ts';
import { createIdempotency } from '#storage/sqlite/idempotency.ts';
import { indexLate } from '#storage/sqlite/late-index.ts';
import { createLedgers } from '#storage/sqlite/ledgers.ts';
import { createNewestRows } from '#storage/sqlite/newest-rows.ts';
import { createOutbox } from '#storage/sqlite/outbox.ts';
import { createReferences } from '#storage/sqlite/references.ts';
import { createSandboxMessages } from '#storage/sqlite/sandbox-messages.ts';
import { createSecrets } from '#storage/sqlite/secrets.ts';
import type { Database } from '#storage/sqlite/statement.ts';
import { createTallies } from '#storage/sqlite/tallies.ts';
import { createTemplates } from '#storage/sqlite/templates.ts';
import { createLookups } from '#storage/sqlite/verification-lookups.ts';
import { createVerificationRows } from '#storage/sqlite/verification-rows.ts';
import { withEvents } from '#storage/steps/events.ts';

/** What the steps work on, and what only this storage's own functions need. */
export type SqliteTables = ReturnType<typeof createTables>;

/**
 * Every table with its statements, prepared once. What steps do with them stands in their files.
 */
export function createTables(database: Database, keepsEvents = false) {
  const applications = createApplications(database);
  const deliveries = createDeliveryRows(database, applications);
  const newest = createNewestRows(database);
  const verifications = createVerificationRows(database, applications, newest);
  const ledgers = createLedgers(database);
  const tallies = createTallies(database);
  const remembering = [applications, deliveries, newest, verifications, ledgers, tallies];
  const events = createEvents(database, applications);
  const tables = {
    applications,
    apiKeys: createApiKeys(database, applications),
    credentials: createCredentials(database, applications),
    templates: createTemplates(database, applications),
    secrets: createSecrets(database),
    verifications,
    lookups: createLookups(database, applications, newest),
    references: createReferences(database, applications, newest),
    deliveries,
    outbox: createOutbox(database, deliveries),
    ledgers,
    tallies,
    budgets: createBudgets(database),
    idempotency: createIdempotency(database),
    callbacks: createCallbacks(database, applications),
    events,
    sandboxMessages: createSandboxMessages(database, applications),
    /** Writes what was put off to the end; called before the transaction or its savepoint ends. */
    flush(): void {
      tallies.flush();
      indexLate([newest, ledgers]);
    },
    /** After a rollback, or somebody else's write: what is remembered may not be so any more. */
    forget(): void {
      for (const table of remembering) table.forget();
    },
  };
  return keepsEvents ? withEvents(tables, events.insert) : tables;
}
