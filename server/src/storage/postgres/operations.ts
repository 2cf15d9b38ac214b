/** The verbs of the port that work on rows: which rows each begins with, and the step it runs. */
import type { IdempotencyEntry, Storage } from '#service/ports.ts';
import type { Key } from '#storage/postgres/keys.ts';
import type { WorkingTables } from '#storage/postgres/working-tables.ts';
import { spendingDay, spentOf } from '#storage/steps/budgets.ts';
import { answer, consumeGuess, settleGuess } from '#storage/steps/check.ts';
import { recordAttempts, recordReceipt } from '#storage/steps/deliveries.ts';
import { keepRefusal } from '#storage/steps/repeatable.ts';
import { cancelVerification, resendCode } from '#storage/steps/resend.ts';
import { findLive, startVerification } from '#storage/steps/start.ts';

/** What is known before anything was read. */
export interface Known {
  numberOf(applicationId: string): number | undefined;
  /** The storage's time as it last was; 0 before the first batch. */
  readonly lastMs: number;
}

export interface Operation<Value> {
  /** Rows that it most likely needs. What is missing is read later: a guess may be wrong. */
  keys(known: Known): Key[];
  run(tables: WorkingTables, nowMs: number): Value;
  /** Whether it never changes a row. */
  readonly isReadOnly?: true;
}

/** Every verb that is answered from rows alone. */
export type Verb =
  | 'startVerification'
  | 'consumeGuess'
  | 'settleGuess'
  | 'resendCode'
  | 'cancelVerification'
  | 'recordAttempts'
  | 'findRepeated'
  | 'keepAnswer'
  | 'keepRefusal'
  | 'readVerification'
  | 'findLive'
  | 'readSpent'
  | 'now'
  | 'renewLeases'
  | 'recordReceipt';

type Value<Of extends Verb> = Awaited<ReturnType<Storage[Of]>>;

export const operations: {
  readonly [Of in Verb]: (...args: Parameters<Storage[Of]>) => Operation<Value<Of>>;
} = {
  startVerification: (step) => ({
    keys: (known) => [
      ...idempotencyKeys(step.idempotency),
      ...applicationKeys(known, step.verification.applicationId, (application) =>
        [...new Set([step.verification.ledgerKey, ...step.ledgers.map(({ key }) => key)])].map(
          (key) => ({ table: 'ledger', application, key }),
        ),
      ),
      ...budgetKeys(known, step.verification.applicationId, step.budgets),
    ],
    run: (tables, nowMs) => startVerification(tables, step, nowMs),
  }),
  consumeGuess: (step) => ({
    keys: (known) => [
      verificationKey(step.verificationId, false),
      ...idempotencyKeys(step.idempotency),
      ...addressKeys(known, step.applicationId, step.address?.key ?? null),
      ...addressKeys(known, step.applicationId, step.checks?.key ?? null),
    ],
    run: (tables, nowMs) => consumeGuess(tables, step, nowMs),
  }),
  settleGuess: (step) => ({
    keys: (known) => [
      verificationKey(step.verificationId, true),
      ...idempotencyKeys(step.idempotency),
      ...addressKeys(known, step.applicationId, step.addressKey),
    ],
    run: (tables, nowMs) => settleGuess(tables, step, nowMs),
  }),
  resendCode: (step) => ({
    keys: (known) => [
      verificationKey(step.verificationId, true),
      ...idempotencyKeys(step.idempotency),
      ...budgetKeys(known, step.applicationId, step.budgets),
    ],
    run: (tables, nowMs) => resendCode(tables, step, nowMs),
  }),
  cancelVerification: (step) => ({
    keys: () => [verificationKey(step.verificationId, true), ...idempotencyKeys(step.idempotency)],
    run: (tables, nowMs) => cancelVerification(tables, step, nowMs),
  }),
  recordAttempts: (results) => ({
    keys: () => results.map(({ deliveryId }) => ({ table: 'delivery', id: deliveryId })),
    run: (tables, nowMs) => recordAttempts(tables, results, nowMs),
  }),
  findRepeated: (entry) => ({
    keys: () => idempotencyKeys(entry),
    run: (tables, nowMs) => tables.idempotency.find(entry, nowMs),
  }),
  keepAnswer: (keyHash, sealedAnswer) => ({
    keys: () => [{ table: 'idempotency', keyHash }],
    run: (tables) => tables.idempotency.keepAnswer(keyHash, sealedAnswer),
  }),
  keepRefusal: (refusal) => ({
    keys: (known) => [
      ...idempotencyKeys(refusal.entry),
      ...applicationKeys(known, refusal.applicationId, () => []),
    ],
    run: (tables, nowMs) => keepRefusal(tables, refusal, nowMs),
  }),
  readVerification: (applicationId, verificationId) => ({
    isReadOnly: true,
    keys: () => [verificationKey(verificationId, true)],
    run(tables, nowMs) {
      const kept = tables.verifications.find(applicationId, verificationId);
      return kept === null ? null : answer(tables, kept, nowMs);
    },
  }),
  findLive: (applicationId, ledgerKey, liveKey) => ({
    isReadOnly: true,
    keys: (known) => addressKeys(known, applicationId, ledgerKey),
    run: (tables, nowMs) => findLive(tables, { applicationId, ledgerKey, liveKey }, nowMs),
  }),
  readSpent: (applicationId, scope) => ({
    isReadOnly: true,
    keys: (known) => budgetKeys(known, applicationId, [{ scope }]),
    run: (tables, nowMs) => spentOf(tables, { applicationId, scope }, nowMs),
  }),
  now: () => ({ keys: () => [], run: (_tables, nowMs) => nowMs }),
  renewLeases: (deliveryIds, leaseMs) => ({
    keys: () => deliveryIds.map((id) => ({ table: 'delivery', id })),
    run(tables, nowMs) {
      for (const id of deliveryIds) tables.outbox.renewLease(id, nowMs + leaseMs);
    },
  }),
  recordReceipt: (receipt) => ({
    keys: () => [{ table: 'delivery', id: receipt.deliveryId }],
    run: (tables, nowMs) => recordReceipt(tables, receipt, nowMs),
  }),
};

function verificationKey(id: string, withDeliveries: boolean): Key {
  return { table: 'verification', id, withDeliveries };
}

function idempotencyKeys(entry: IdempotencyEntry | null): Key[] {
  return entry === null ? [] : [{ table: 'idempotency', keyHash: entry.keyHash }];
}

function applicationKeys(
  known: Known,
  applicationId: string,
  keys: (application: number) => Key[],
): Key[] {
  const application = known.numberOf(applicationId);
  return application === undefined
    ? [{ table: 'application', id: applicationId }]
    : keys(application);
}

function addressKeys(known: Known, applicationId: string, key: string | null): Key[] {
  if (key === null) return [];
  return applicationKeys(known, applicationId, (application) => [
    { table: 'ledger', application, key },
  ]);
}

function budgetKeys(
  known: Known,
  applicationId: string,
  budgets: readonly { readonly scope: string }[],
): Key[] {
  if (budgets.length === 0) return [];
  return applicationKeys(known, applicationId, (application) =>
    [...new Set(budgets.map(({ scope }) => scope))].map((scope) => ({
      table: 'budget',
      application,
      day: spendingDay(scope, known.lastMs),
      scope,
    })),
  );
}
