/**
 * The whole service on the real embedded storage in a folder of its own, with providers that keep
 * what they were handed. Tests move the storage's clock instead of waiting.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApplicationSettings } from '#domain/application.ts';
import type { ChannelName } from '#domain/channels/channel.ts';
import type { Money } from '#domain/money.ts';
import type { Refusal, Result } from '#domain/refusal.ts';
import { createEgress } from '#providers/egress/egress.ts';
import { createSandboxEvents } from '#service/create-sandbox.ts';
import { type BuiltService, createService } from '#service/create-service.ts';
import type { FacadeDefinition } from '#service/facade-port.ts';
import { parseKeyRing } from '#service/key-ring.ts';
import type { Log } from '#service/log-port.ts';
import type { Storage } from '#service/ports.ts';
import type { OutboundMessage, Provider, SendOutcome } from '#service/provider-port.ts';
import type { StartRequest } from '#service/requests.ts';
import type { SandboxEvent } from '#service/sandbox.ts';
import type { Caller } from '#service/service.ts';
import { openVault, type Vault } from '#service/vault.ts';
import type { Answer, VerdictView, VerificationView } from '#service/views.ts';
import { openSqliteStorage } from '#storage/sqlite/index.ts';

export const testKey = `k1:${Buffer.alloc(32, 1).toString('base64')}`;
export const newerTestKey = `k2:${Buffer.alloc(32, 2).toString('base64')}`;

type Answering = (
  message: OutboundMessage,
  signal: AbortSignal,
) => SendOutcome | Promise<SendOutcome>;

export interface TestProvider extends Provider {
  /** Everything it was asked to carry, oldest first. */
  readonly handed: OutboundMessage[];
  /** What it says to the next messages; takes them at first. */
  answer: Answering;
}

export const accepted: SendOutcome = { kind: 'accepted', providerMessageId: null };

export function createTestProvider(
  settings: {
    name?: string;
    channels?: readonly ChannelName[];
    concurrencyMax?: number;
    price?: Money;
  } = {},
): TestProvider {
  const provider: TestProvider = {
    name: settings.name ?? 'carrier',
    channels: settings.channels ?? ['sms', 'email', 'voice', 'whatsapp', 'zalo'],
    concurrencyMax: settings.concurrencyMax ?? 100,
    handed: [],
    answer: () => accepted,
    quote: () => settings.price ?? null,
    async send(message, signal) {
      provider.handed.push(message);
      return provider.answer(message, signal);
    },
    async test(message, signal) {
      return { request: '', response: '', outcome: await provider.send(message, signal) };
    },
    close: async () => undefined,
  };
  return provider;
}

/** A promise that the test fulfils: what a provider waits for. */
export function hold<Value>(): { promise: Promise<Value>; release: (value: Value) => void } {
  const { promise, resolve } = Promise.withResolvers<Value>();
  return { promise, release: resolve };
}

export interface OpenedService extends BuiltService {
  readonly storage: Storage;
  readonly vault: Vault;
  /** The first of the providers. */
  readonly provider: TestProvider;
  readonly providers: readonly TestProvider[];
  readonly folder: string;
  /** Every line that was logged, as JSON. */
  readonly log: string[];
  readonly events: SandboxEvent[];
  /**
   * How often a code of this verification was opened, which is what comparing begins with. So do a
   * resend of the same code and a message that is composed again.
   */
  comparisons(verificationId: string): number;
  /** A new application of its own, with every country allowed. */
  newCaller(settings?: Partial<ApplicationSettings>): Promise<Caller>;
  /** The code of the newest message for a verification. */
  codeOf(verificationId: string): string;
  advance(seconds: number): Promise<void>;
  /** Starts and expects that it works. */
  start(caller: Caller, request?: Partial<StartRequest>): Promise<VerificationView>;
  /** One guess, of which a verdict is expected. */
  check(caller: Caller, verificationId: string, code: string): Promise<VerdictView>;
  /** Closes the storage; the folder stays for another opening. */
  abandon(): Promise<void>;
  /** Closes the storage and removes the folder. */
  end(): Promise<void>;
}

export interface OpenOptions {
  readonly folder?: string;
  readonly keys?: string;
  readonly providers?: readonly TestProvider[];
  /** host:port that callbacks may reach although it is private. */
  readonly allow?: readonly string[];
  readonly deliveryTimeoutSeconds?: number;
  readonly facades?: readonly FacadeDefinition[];
  /** Whether changes of a status are kept, to be told. */
  readonly keepsEvents?: boolean;
  /** Stands between the service and its storage, to lose what a crash would lose. */
  readonly around?: (storage: Storage) => Storage;
}

export async function openService(options: OpenOptions = {}): Promise<OpenedService> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'watchword-service-'));
  const { keepsEvents = false } = options;
  const opened = await openSqliteStorage({ folder, role: 'server', keepsEvents });
  const storage = options.around?.(opened) ?? opened;
  const ring = parseKeyRing(options.keys ?? testKey);
  assert.ok(ring.ok);
  const { vault, comparisons } = countComparisons(await openVault(storage, ring.ring));
  const providers = options.providers ?? [createTestProvider()];
  const [provider] = providers;
  assert.ok(provider);
  const transport = createEgress({ allow: options.allow ?? [] });
  const { log, lines } = createLines();
  const events = createSandboxEvents();
  const seen: SandboxEvent[] = [];
  events.subscribe((event) => seen.push(event));
  const built = await createService({
    storage,
    vault,
    providers,
    transport,
    events,
    log,
    publicUrl: 'https://verify.example',
    deliveryTimeoutSeconds: options.deliveryTimeoutSeconds ?? 10,
    fixedCode: () => null,
    facades: options.facades ?? [],
  });
  const { service, sandbox, whenIdle } = built;
  const abandon = async () => {
    await storage.close();
    await transport.close();
  };
  return {
    ...built,
    storage,
    vault,
    provider,
    providers,
    folder,
    log: lines,
    events: seen,
    comparisons: (id) => comparisons.get(id) ?? 0,
    async newCaller(settings = {}) {
      const application = take(
        await service.createApplication('Shop', { countries: 'all', ...settings }),
      );
      return { application, origin: 'api' };
    },
    codeOf(verificationId) {
      const handed = providers.flatMap((one) => one.handed);
      const newest = handed.findLast((message) => message.verificationId === verificationId);
      assert.ok(newest?.code, 'a code was handed over');
      return newest.code;
    },
    async advance(seconds) {
      await sandbox.advanceClock(seconds);
    },
    async start(caller, request = {}) {
      const started = await service.startVerification(
        caller,
        { recipient: '+14155550123', ...request },
        null,
      );
      return take(started).view;
    },
    async check(caller, verificationId, code) {
      return take(await service.checkCode(caller, { verificationId, code }, null)).view;
    },
    abandon,
    async end() {
      await whenIdle();
      await abandon();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The vault, and how often it opened the code of each verification. */
function countComparisons(vault: Vault): { vault: Vault; comparisons: Map<string, number> } {
  const comparisons = new Map<string, number>();
  return {
    comparisons,
    vault: {
      ...vault,
      openCode(sealed, binding) {
        const { verificationId } = binding;
        comparisons.set(verificationId, (comparisons.get(verificationId) ?? 0) + 1);
        return vault.openCode(sealed, binding);
      },
    },
  };
}

function createLines(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const write = (fields: object, message: string) => {
    lines.push(JSON.stringify({ ...fields, message }));
  };
  return { lines, log: { debug: write, info: write, warn: write, error: write } };
}

/** What a step that must work came to. */
export function take<Value>(result: Result<Value>): Value {
  assert.ok(result.ok, result.ok ? '' : `${result.error.code}: ${result.error.detail}`);
  return result.value;
}

/** Why a step that must be refused was refused. */
export function refusalOf(result: Result<unknown>): Refusal {
  assert.ok(!result.ok, 'it was not refused');
  return result.error;
}

export function viewOf<View>(result: Result<Answer<View>>): View {
  return take(result).view;
}

/** A code of the same form that is not this one; `by` tells several of them apart. */
export function wrong(code: string, by = 1): string {
  const size = 10 ** code.length;
  return String((Number(code) + by) % size).padStart(code.length, '0');
}

/** Distinct mobile numbers, each with a ledger of its own. */
export function numberAt(index: number): string {
  return `+1415${2_000_000 + index}`;
}
