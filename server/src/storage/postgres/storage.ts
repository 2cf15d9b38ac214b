import type { Pool } from 'pg';
import { type Storage, StorageUnavailable } from '#service/ports.ts';
import { createApiKeys, createApplications } from '#storage/postgres/applications.ts';
import { createCallbacks } from '#storage/postgres/callbacks.ts';
import { createClaims } from '#storage/postgres/claims.ts';
import { createCredentials } from '#storage/postgres/credentials.ts';
import { createEvents } from '#storage/postgres/events.ts';
import { createExpiry } from '#storage/postgres/expiry.ts';
import { createFindByHandle } from '#storage/postgres/handles.ts';
import { createListing } from '#storage/postgres/listing.ts';
import { type Operation, operations, type Verb } from '#storage/postgres/operations.ts';
import type { Partitions } from '#storage/postgres/partitions.ts';
import { createPurge } from '#storage/postgres/purge.ts';
import { createFindByReference } from '#storage/postgres/references.ts';
import type { InRounds } from '#storage/postgres/rounds.ts';
import { createSandbox } from '#storage/postgres/sandbox.ts';
import { createSecrets } from '#storage/postgres/secrets.ts';
import type { Sql } from '#storage/postgres/sql.ts';
import { createTemplates } from '#storage/postgres/templates.ts';
import type { Shared } from '#storage/postgres/working-set.ts';

interface Parts {
  readonly pool: Pool;
  readonly sql: Sql;
  readonly shared: Shared;
  readonly partitions: Partitions;
  readonly inRounds: InRounds;
  /** Runs an operation together with what others ask for. */
  submit(operation: Operation<unknown>): Promise<unknown>;
  closeAll(): Promise<void>;
  /** Null as long as the tables are those that this version knows. */
  whyOutdated(): StorageUnavailable | null;
}

/** Every function of the port: what works on rows goes in batches, the rest to the side pool. */
export function createStorage(parts: Parts): Storage {
  const { whyOutdated } = parts;
  let closing: Promise<void> | null = null;

  /** What is asked for after the end, or of tables that mean something else now, is told so. */
  function whileOpen<Values extends readonly unknown[], Value>(
    call: (...values: Values) => Promise<Value>,
  ): (...values: Values) => Promise<Value> {
    return (...values) => {
      const isClosed = closing !== null;
      const refusal = isClosed ? new StorageUnavailable('The storage is closed.') : whyOutdated();
      return refusal === null ? call(...values) : Promise.reject(refusal);
    };
  }

  const rowVerbs = createRowVerbs(whileOpen(parts.submit));

  return {
    ...rowVerbs,
    ...createJobVerbs(parts, rowVerbs.now, whileOpen),
    ...createSettingVerbs(parts, rowVerbs.now, whileOpen),
    async ping() {
      // By a connection that requests use, and by one that writes.
      await rowVerbs.now();
      await parts.sql.run('UPDATE clock SET offset_ms = offset_ms');
    },
    close() {
      closing ??= parts.closeAll();
      return closing;
    },
    // A connection that is lost is made anew: this storage never stops by itself.
    whenLost: new Promise(() => {}),
  };
}

type Now = Storage['now'];
type Wrap = <Values extends readonly unknown[], Value>(
  call: (...values: Values) => Promise<Value>,
) => (...values: Values) => Promise<Value>;

function createRowVerbs(submit: Parts['submit']): Pick<Storage, Verb> {
  function batched<Of extends Verb>(verb: Of) {
    const operationOf = operations[verb] as (
      ...values: Parameters<Storage[Of]>
    ) => Operation<unknown>;
    return (...values: Parameters<Storage[Of]>) =>
      submit(operationOf(...values)) as ReturnType<Storage[Of]>;
  }

  return {
    startVerification: batched('startVerification'),
    consumeGuess: batched('consumeGuess'),
    settleGuess: batched('settleGuess'),
    resendCode: batched('resendCode'),
    cancelVerification: batched('cancelVerification'),
    recordAttempts: batched('recordAttempts'),
    findRepeated: batched('findRepeated'),
    keepAnswer: batched('keepAnswer'),
    keepRefusal: batched('keepRefusal'),
    readVerification: batched('readVerification'),
    findLive: batched('findLive'),
    readSpent: batched('readSpent'),
    now: batched('now'),
    renewLeases: batched('renewLeases'),
    recordReceipt: batched('recordReceipt'),
  };
}

function createJobVerbs(
  { pool, sql, shared, partitions, inRounds }: Parts,
  now: Now,
  whileOpen: Wrap,
) {
  const callbacks = createCallbacks(sql);
  const events = createEvents(sql, now);
  const sandbox = createSandbox({ pool, sql, shared, now });
  return {
    findByHandle: whileOpen(createFindByHandle(sql, shared.applications)),
    findByReference: whileOpen(createFindByReference(sql, shared.applications)),
    listVerifications: whileOpen(createListing(inRounds)),
    claimDeliveries: whileOpen(createClaims(inRounds)),
    claimCallbacks: async (limit, leaseMs) => callbacks.claim(limit, leaseMs, await now()),
    recordCallback: async (id, result) => callbacks.record(id, result, await now()),
    expireDue: whileOpen(createExpiry(inRounds)),
    purge: whileOpen(createPurge(inRounds, partitions)),
    events: {
      claimEvents: whileOpen(events.claimEvents),
      removeEvents: whileOpen(events.removeEvents),
      releaseEvents: whileOpen(events.releaseEvents),
    },
    sandbox: {
      putMessage: whileOpen(sandbox.putMessage),
      listMessages: whileOpen(sandbox.listMessages),
      advanceClock: whileOpen(sandbox.advanceClock),
      reset: whileOpen(sandbox.reset),
    },
  } satisfies Partial<Storage>;
}

function createSettingVerbs({ sql, shared }: Parts, now: Now, whileOpen: Wrap) {
  const applications = createApplications(sql);
  const apiKeys = createApiKeys(sql, shared.applications);
  const credentials = createCredentials(sql, shared.applications);
  const templates = createTemplates(sql, shared.applications);
  const secrets = createSecrets(sql);
  return {
    createApplication: whileOpen(applications.create),
    readApplication: whileOpen(applications.read),
    listApplications: whileOpen(applications.list),
    saveSettings: whileOpen(applications.saveSettings),
    createApiKey: whileOpen(apiKeys.create),
    findApiKey: whileOpen(apiKeys.find),
    listApiKeys: whileOpen(apiKeys.list),
    revokeApiKey: async (id) => apiKeys.revoke(id, await now()),
    createCredential: whileOpen(credentials.create),
    findCredential: whileOpen(credentials.find),
    listCredentials: whileOpen(credentials.list),
    revokeCredential: async (id) => credentials.revoke(id, await now()),
    saveTemplate: async (id, template) => templates.save(id, template, await now()),
    readTemplate: whileOpen(templates.read),
    listTemplates: whileOpen(templates.list),
    deleteTemplate: whileOpen(templates.remove),
    readSecret: whileOpen(secrets.read),
    createSecret: whileOpen(secrets.create),
    replaceSecret: whileOpen(secrets.replace),
    saveSigningKey: whileOpen(secrets.saveKey),
    listSigningKeys: whileOpen(secrets.listKeys),
    deleteSigningKey: whileOpen(secrets.removeKey),
  } satisfies Partial<Storage>;
}
