import { headOf } from '#domain/id.ts';
import type { EventStorage } from '#service/event-port.ts';
import type { Storage } from '#service/ports.ts';
import type { SandboxStorage } from '#service/sandbox-port.ts';
import type { Clock, TimeSource } from '#storage/sqlite/clock.ts';
import { createExpiry } from '#storage/sqlite/expiry.ts';
import { listVerifications } from '#storage/sqlite/listing.ts';
import { createPurge } from '#storage/sqlite/purge.ts';
import { createReset } from '#storage/sqlite/reset.ts';
import type { Database } from '#storage/sqlite/statement.ts';
import type { SqliteTables } from '#storage/sqlite/tables.ts';
import { spentOf } from '#storage/steps/budgets.ts';
import { answer, consumeGuess, settleGuess } from '#storage/steps/check.ts';
import { claimDeliveries, recordAttempts, recordReceipt } from '#storage/steps/deliveries.ts';
import { keepRefusal } from '#storage/steps/repeatable.ts';
import { cancelVerification, resendCode } from '#storage/steps/resend.ts';
import { findLive, startVerification } from '#storage/steps/start.ts';

/** Every function of the port that works on the database. */
type Port = Omit<Storage, 'sandbox' | 'events' | 'close' | 'whenLost'> &
  SandboxStorage &
  EventStorage;

export type Verb = keyof Port;
export type Arguments<Of extends Verb> = Parameters<Port[Of]>;
export type Answer<Of extends Verb> = Awaited<ReturnType<Port[Of]>>;

/** The same functions, answered at once, inside the transaction of a batch. */
export type Handlers = { readonly [Of in Verb]: (...args: Arguments<Of>) => Answer<Of> };

/** A call of the port on its way to the database. */
export type Operation = {
  readonly [Of in Verb]: { readonly verb: Of; readonly args: Arguments<Of> };
}[Verb];

interface Parts {
  readonly database: Database;
  readonly tables: SqliteTables;
  readonly clock: Clock;
  readonly monotonicMs: TimeSource['monotonicMs'];
}

export function createHandlers({ database, tables, clock, monotonicMs }: Parts): Handlers {
  const expireDue = createExpiry(tables, monotonicMs);
  const purge = createPurge(database, tables, monotonicMs);
  const reset = createReset(database, tables);
  const { callbacks, sandboxMessages } = tables;
  return {
    startVerification: (step) => startVerification(tables, step, clock.nowMs),
    consumeGuess: (step) => consumeGuess(tables, step, clock.nowMs),
    settleGuess: (step) => settleGuess(tables, step, clock.nowMs),
    resendCode: (step) => resendCode(tables, step, clock.nowMs),
    cancelVerification: (step) => cancelVerification(tables, step, clock.nowMs),
    recordAttempts: (results) => recordAttempts(tables, results, clock.nowMs),
    findRepeated: (entry) => tables.idempotency.find(entry, clock.nowMs),
    keepAnswer: (keyHash, sealedAnswer) => tables.idempotency.keepAnswer(keyHash, sealedAnswer),
    keepRefusal: (refusal) => keepRefusal(tables, refusal, clock.nowMs),

    readVerification(applicationId, verificationId) {
      const kept = tables.verifications.find(applicationId, verificationId);
      return kept === null ? null : answer(tables, kept, clock.nowMs);
    },
    findLive: (applicationId, ledgerKey, liveKey) =>
      findLive(tables, { applicationId, ledgerKey, liveKey }, clock.nowMs),
    readSpent: (applicationId, scope) => spentOf(tables, { applicationId, scope }, clock.nowMs),
    findByHandle: (applicationId, handle) => tables.lookups.byHandle(applicationId, handle),
    findByReference: (query) => tables.references.newestId(query),
    listVerifications: (query) => listVerifications(tables, query, clock.nowMs),
    now: () => clock.nowMs,

    claimDeliveries: (limit, leaseMs) => claimDeliveries(tables, { limit, leaseMs }, clock.nowMs),
    renewLeases(deliveryIds, leaseMs) {
      for (const id of deliveryIds) {
        const head = headOf(id, 'dl');
        if (head !== null) tables.outbox.renewLease(head, clock.nowMs + leaseMs);
      }
    },
    recordReceipt: (receipt) => recordReceipt(tables, receipt, clock.nowMs),
    claimCallbacks: (limit, leaseMs) => callbacks.claim(limit, leaseMs, clock.nowMs),
    recordCallback: (id, result) => callbacks.record(id, result, clock.nowMs),

    claimEvents: (claim) => tables.events.claim(claim, clock.nowMs),
    removeEvents: (positions) => tables.events.remove(positions),
    releaseEvents: (holder) => tables.events.release(holder),

    expireDue: (limit) => expireDue(limit, clock.nowMs),
    purge: (limit) => purge(limit, clock.nowMs),

    ...createSettingHandlers({ tables, clock }),

    putMessage: (message) => sandboxMessages.put(message, clock.nowMs),
    listMessages: (query) => sandboxMessages.list(query),
    advanceClock(milliseconds) {
      tables.outbox.shiftLeases(milliseconds);
      return clock.advance(milliseconds);
    },
    reset: (applicationId) => reset(applicationId),

    ping() {
      clock.mark();
    },
  };
}

/** What is written seldom and read often: applications and all that belongs to them. */
function createSettingHandlers({ tables, clock }: Pick<Parts, 'tables' | 'clock'>) {
  const { applications, apiKeys, credentials, templates, secrets } = tables;
  return {
    createApplication: (application) => applications.create(application),
    readApplication: (id) => applications.read(id),
    listApplications: () => applications.list(),
    saveSettings: (id, settings, before) => applications.saveSettings(id, settings, before),
    createApiKey: (key) => apiKeys.create(key),
    findApiKey: (hash) => apiKeys.find(hash),
    listApiKeys: (applicationId) => apiKeys.list(applicationId),
    revokeApiKey: (id) => apiKeys.revoke(id, clock.nowMs),
    createCredential: (credential) => credentials.create(credential),
    findCredential: (facade, publicId) => credentials.find(facade, publicId),
    listCredentials: (facade) => credentials.list(facade),
    revokeCredential: (id) => credentials.revoke(id, clock.nowMs),
    saveTemplate: (applicationId, template) => templates.save(applicationId, template, clock.nowMs),
    readTemplate: (applicationId, name) => templates.read(applicationId, name),
    listTemplates: (applicationId) => templates.list(applicationId),
    deleteTemplate: (applicationId, name) => templates.remove(applicationId, name),

    readSecret: (name) => secrets.read(name),
    createSecret: (name, sealed) => secrets.create(name, sealed),
    replaceSecret: (name, sealed) => secrets.replace(name, sealed),
    saveSigningKey: (key) => secrets.saveKey(key),
    listSigningKeys: () => secrets.listKeys(),
    deleteSigningKey: (id) => secrets.removeKey(id),
  } satisfies Partial<Handlers>;
}
