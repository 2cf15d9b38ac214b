/**
 * What a command of the command line is. A command gets everything it works with as arguments and
 * answers a value; `run-command.ts` alone prints, so that `--json` and plain output, streams and
 * exit codes are the same for all of them.
 */
import type { Result } from '#domain/refusal.ts';
import type { KafkaInspection } from '#service/kafka-port.ts';
import type { KeyRing } from '#service/key-ring.ts';
import type { Storage } from '#service/ports.ts';
import type { Provider } from '#service/provider-port.ts';
import type { DatabaseInspection } from '#service/records.ts';
import type { Service } from '#service/service.ts';
import type { Vault } from '#service/vault.ts';
import type { Config, Environment } from '#src/config.ts';

/** The outside of a command; `main.ts` builds it. Nothing of it is opened before it is called. */
export interface CommandContext {
  readonly environment: Environment;
  readonly version: string;
  /** One line to standard output, and one to standard error. */
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
  /** Runs a server until it is told to stop; the exit code. It prints and complains by itself. */
  runServer(config: Config, mode: 'dev' | 'serve'): Promise<number>;
  /** Changes nothing, whatever is there. Throws a sentence for what is no database of ours. */
  inspectDatabase(config: Config): Promise<DatabaseInspection>;
  /** Makes, joins and writes nothing; null where Kafka is off. Answers within seconds. */
  inspectKafka(config: Config): Promise<KafkaInspection | null>;
  /** Beside a running server or without one; migrates an older embedded database. */
  openStorage(config: Config): Promise<Storage>;
  /** Brings the PostgreSQL database at `url` to the form that this version needs. */
  migratePostgres(url: string): Promise<MigrationReport>;
  /** The service on that storage, under the ring of the settings or of a development folder. */
  openService(config: Config): Promise<Result<OpenService, string>>;
  /** To look at: the sandbox among them keeps nothing. */
  createProviders(config: Config): Result<readonly Provider[], readonly string[]>;
}

export interface MigrationReport {
  /** The version of the schema that the database had, and the one that it has now. */
  readonly from: number;
  readonly to: number;
  /** Names of the migrations that were done now. */
  readonly applied: readonly string[];
}

export interface OpenService {
  readonly service: Service;
  readonly storage: Storage;
  readonly vault: Vault;
  readonly ring: KeyRing;
  /** Or what is wrong with their settings, which is no reason to list no applications. */
  readonly providers: Result<readonly Provider[], readonly string[]>;
  /** Closes the providers too. */
  close(): Promise<void>;
}

/** The words of one call, already checked against the command's own description. */
export interface CommandInput {
  readonly config: Config;
  /** Every positional of the command, by its name. */
  readonly words: Readonly<Record<string, string>>;
  /** The options that were given. */
  readonly options: Readonly<Record<string, string>>;
}

export type Outcome =
  /** `json` is what `--json` prints, `lines` what a person reads. `exitCode` defaults to 0. */
  | {
      readonly kind: 'done';
      readonly json: unknown;
      readonly lines: readonly string[];
      readonly exitCode?: number;
    }
  /** One sentence that says what to do; exit 1. */
  | { readonly kind: 'failed'; readonly sentence: string }
  /** The call itself was wrong; exit 2. */
  | { readonly kind: 'misused'; readonly sentence: string }
  /** A server ran and has printed what there was to print. */
  | { readonly kind: 'ended'; readonly exitCode: number };

export interface Command {
  /** As it is typed after `watchword`, for example `api-key create`. */
  readonly name: string;
  /** Names of the words that must follow, in order. */
  readonly words: readonly string[];
  /** Options with a value, and one sentence for each. */
  readonly options: Readonly<Record<string, string>>;
  /** One sentence: what it does. */
  readonly summary: string;
  /** More for `--help`: plain text, at most 80 columns. */
  readonly details?: string;
  /** How the settings are read; absent where the command works without any. */
  readonly mode: 'dev' | 'serve' | 'tool' | null;
  run(input: CommandInput, context: CommandContext): Promise<Outcome>;
}

export function done(json: unknown, lines: readonly string[], exitCode = 0): Outcome {
  return { kind: 'done', json, lines, exitCode };
}

export function failed(sentence: string): Extract<Outcome, { kind: 'failed' }> {
  return { kind: 'failed', sentence };
}

export function misused(sentence: string): Extract<Outcome, { kind: 'misused' }> {
  return { kind: 'misused', sentence };
}

/** Opens the service, does one thing with it, and closes it whatever happens. */
export async function withService(
  input: CommandInput,
  context: CommandContext,
  work: (open: OpenService) => Promise<Outcome>,
): Promise<Outcome> {
  const opened = await context.openService(input.config);
  if (!opened.ok) return failed(opened.error);
  try {
    return await work(opened.value);
  } finally {
    await opened.value.close();
  }
}
