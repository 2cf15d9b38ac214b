import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { defaultSettings } from '#domain/application.ts';
import { formatId, headAt, type IdPrefix, idRandomLength } from '#domain/id.ts';
import type { CheckReason } from '#domain/verification.ts';
import type {
  ConsumeOutcome,
  ConsumeStep,
  IdempotencyEntry,
  LedgerEntry,
  NewDelivery,
  NewVerification,
  ResendStep,
  StartOutcome,
  StartStep,
  Storage,
} from '#service/ports.ts';
import type { DeliveryRecord, VerificationRecord } from '#service/records.ts';

export interface OpenedStorage {
  readonly storage: Storage;
  /** Closes the storage and opens it again on the same data. */
  reopen(): Promise<Storage>;
  close(): Promise<void>;
}

/** Opens a storage that is empty. */
export type OpenStorage = (options?: { readonly keepsEvents: boolean }) => Promise<OpenedStorage>;

export type Started = Extract<StartOutcome, { kind: 'started' }>;
type Consumed = Extract<ConsumeOutcome, { kind: 'consumed' }>;

/** Defines one test: its name is what storage promises. */
export type DefinePromise = (name: string, body: (bench: Bench) => Promise<void>) => void;

export const minuteMs = 60_000;
export const dayMs = 86_400_000;
export const leaseMs = 20_000;
export const sixDigitsBits = 19.93;

export function createPromise(open: OpenStorage): DefinePromise {
  return (name, body) => {
    test(name, async () => {
      const opened = await open();
      try {
        await body(await createBench(opened));
      } finally {
        await opened.close();
      }
    });
  };
}

let lastHead = 0;

export function makeId(prefix: IdPrefix): string {
  lastHead = Math.max(lastHead + 1, headAt(Date.now()));
  return formatId(prefix, lastHead, randomBytes(idRandomLength));
}

/** An id as it was made at another time; `number` tells those of one millisecond apart. */
export function makeIdAt(prefix: IdPrefix, atMs: number, number = 0): string {
  return formatId(prefix, headAt(atMs) + number, randomBytes(idRandomLength));
}

/** Stands for a keyed hash: as long as one, and as readable. */
export function hashOf(name: string): string {
  return Buffer.from(name).toString('base64url').padEnd(43, '_');
}

export function key(name: string, request = 'same'): IdempotencyEntry {
  return { keyHash: hashOf(`key ${name}`), fingerprint: hashOf(`request ${request}`) };
}

/** What a test says of a start; the rest is the same everywhere. */
export interface StartOptions
  extends Partial<Omit<StartStep, 'verification'>>,
    Partial<NewVerification> {
  readonly recipient?: string;
}

export function newDelivery(changes: Partial<NewDelivery> = {}): NewDelivery {
  return {
    id: makeId('dl'),
    channel: 'sms',
    provider: 'sandbox',
    parts: 1,
    quoteMicros: null,
    currency: null,
    ...changes,
  };
}

/** One message to one recipient, without any limit, where the options say nothing else. */
export function startStepOf(options: StartOptions & { readonly applicationId: string }): StartStep {
  const { recipient = '+14155550123', applicationId, ...changes } = options;
  const recipientHash = hashOf(recipient);
  const { deliveries, ledgers, budgets, secondStart, idempotency, ...rest } = changes;
  const { leaseMs: lease = leaseMs, sendAtMs, resendWaitsSeconds, ...given } = rest;
  return {
    verification: { ...defaultVerification(applicationId, recipientHash), ...given },
    deliveries: deliveries ?? [newDelivery()],
    ledgers: ledgers ?? [{ key: given.ledgerKey ?? recipientHash, count: 1, limits: [] }],
    budgets: budgets ?? [],
    secondStart: secondStart ?? 'supersede',
    ...(sendAtMs === undefined ? {} : { sendAtMs }),
    ...(resendWaitsSeconds === undefined ? {} : { resendWaitsSeconds }),
    idempotency: idempotency ?? null,
    leaseMs: lease,
  };
}

/** A storage with one application, and the steps of the service in short. */
export class Bench {
  readonly applicationId: string;
  storage: Storage;
  readonly #opened: OpenedStorage;

  constructor(opened: OpenedStorage, applicationId: string) {
    this.#opened = opened;
    this.storage = opened.storage;
    this.applicationId = applicationId;
  }

  async reopen(): Promise<void> {
    this.storage = await this.#opened.reopen();
  }

  advance(milliseconds: number): Promise<number> {
    return this.storage.sandbox.advanceClock(milliseconds);
  }

  async createApplication(): Promise<string> {
    const id = makeId('app');
    const createdAtMs = await this.storage.now();
    await this.storage.createApplication({ id, name: id, settings: defaultSettings, createdAtMs });
    return id;
  }

  delivery(changes: Partial<NewDelivery> = {}): NewDelivery {
    return newDelivery(changes);
  }

  startStep(options: StartOptions = {}): StartStep {
    return startStepOf({ applicationId: this.applicationId, ...options });
  }

  tryStart(options: StartOptions = {}): Promise<StartOutcome> {
    return this.storage.startVerification(this.startStep(options));
  }

  async start(options: StartOptions = {}): Promise<Started> {
    const outcome = await this.tryStart(options);
    assert.equal(outcome.kind, 'started', JSON.stringify(outcome));
    return outcome as Started;
  }

  tryConsume(id: string, changes: Partial<ConsumeStep> = {}): Promise<ConsumeOutcome> {
    return this.storage.consumeGuess({
      applicationId: this.applicationId,
      verificationId: id,
      address: null,
      transactionHash: undefined,
      transactionRequired: false,
      idempotency: null,
      ...changes,
    });
  }

  async consume(id: string, changes: Partial<ConsumeStep> = {}): Promise<Consumed> {
    const outcome = await this.tryConsume(id, changes);
    assert.equal(outcome.kind, 'consumed', JSON.stringify(outcome));
    return outcome as Consumed;
  }

  async settle(
    consumed: Consumed,
    isRight: boolean,
    changes: { addressKey?: string; idempotency?: IdempotencyEntry } = {},
  ) {
    const settled = await this.storage.settleGuess({
      applicationId: this.applicationId,
      verificationId: consumed.verification.id,
      codeVersion: consumed.verification.codeVersion,
      chargedAtMs: consumed.chargedAtMs,
      isRight,
      addressKey: changes.addressKey ?? null,
      idempotency: changes.idempotency ?? null,
    });
    assert.ok(settled !== null, 'the verification was forgotten');
    return settled;
  }

  /** One whole check: what it came to, and whether it was compared at all. */
  async guess(
    id: string,
    isRight: boolean,
  ): Promise<{ reason: CheckReason | null; wasCompared: boolean }> {
    const outcome = await this.tryConsume(id);
    if (outcome.kind === 'not_admitted') return { reason: outcome.reason, wasCompared: false };
    assert.equal(outcome.kind, 'consumed');
    const { reason } = await this.settle(outcome as Consumed, isRight);
    return { reason, wasCompared: true };
  }

  async wrongGuesses(id: string, count: number): Promise<void> {
    for (let done = 0; done < count; done++) {
      assert.equal((await this.guess(id, false)).reason, 'wrong_code');
    }
  }

  tryResend(id: string, changes: Partial<ResendStep> = {}) {
    return this.storage.resendCode({
      applicationId: this.applicationId,
      verificationId: id,
      code: { sealedCode: 'another sealed code', codeBits: sixDigitsBits },
      codeVersion: 1,
      channel: 'sms',
      deliveries: [this.delivery()],
      ledgers: [],
      budgets: [],
      idempotency: null,
      leaseMs,
      ...changes,
    });
  }

  cancel(id: string, idempotency: IdempotencyEntry | null = null) {
    const { applicationId } = this;
    return this.storage.cancelVerification({
      applicationId,
      verificationId: id,
      event: 'cancel',
      idempotency,
    });
  }

  async read(id: string): Promise<VerificationRecord> {
    const found = await this.storage.readVerification(this.applicationId, id);
    assert.ok(found, 'the verification is there');
    return found.verification;
  }

  async readDelivery(verificationId: string, at = 0): Promise<DeliveryRecord> {
    const found = await this.storage.readVerification(this.applicationId, verificationId);
    const delivery = found?.deliveries[at];
    assert.ok(delivery, 'the delivery is there');
    return delivery;
  }

  list(changes: Partial<Parameters<Storage['listVerifications']>[0]> = {}) {
    return this.storage.listVerifications({
      applicationId: this.applicationId,
      status: null,
      recipientHash: null,
      purpose: null,
      reference: null,
      limit: 100,
      before: null,
      ...changes,
    });
  }
}

async function createBench(opened: OpenedStorage): Promise<Bench> {
  const applicationId = makeId('app');
  const createdAtMs = await opened.storage.now();
  const settings = defaultSettings;
  await opened.storage.createApplication({ id: applicationId, name: 'one', settings, createdAtMs });
  return new Bench(opened, applicationId);
}

function defaultVerification(applicationId: string, recipientHash: string): NewVerification {
  return {
    id: makeId('vf'),
    applicationId,
    origin: 'api',
    purpose: 'login',
    recipientHash,
    ledgerKey: recipientHash,
    country: 'US',
    channel: 'sms',
    sealedCode: 'sealed code',
    sealedRequest: 'sealed request',
    codeBits: sixDigitsBits,
    checksMax: 5,
    sendsMax: 5,
    lifetimeMs: 5 * minuteMs,
    transactionHash: null,
    reference: null,
    metadata: null,
    hasCallback: false,
  };
}

/** The ledger entry of a recipient with one limit. */
export function limited(recipient: string, max: number, windowSeconds: number): LedgerEntry {
  const limits = [{ name: 'recipient_sends_test', max, windowSeconds }];
  return { key: hashOf(recipient), count: 1, limits };
}

/** Starts many promises at once and waits for all of them. */
export function inParallel<Value>(
  count: number,
  step: (index: number) => Promise<Value>,
): Promise<Value[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => step(index)));
}
