/**
 * Builds everything: the only file that sees everything. Storage, providers, the service and the
 * HTTP doors are put together here, and the command line is handed what it needs of them.
 */
import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { createApp } from '#api/app.ts';
import { createPhoneRoutes } from '#api/phone/routes.ts';
import type { CommandContext } from '#cli/command.ts';
import { runCommand } from '#cli/run-command.ts';
import { facades, facadesNamed } from '#compat/index.ts';
import { mountFacade } from '#compat/mount.ts';
import { ok } from '#domain/refusal.ts';
import { type Jobs, startJobs } from '#jobs/index.ts';
import type { KafkaDoor } from '#kafka/door.ts';
import { createEgress, type Egress } from '#providers/egress/egress.ts';
import { fixedCodeFor, testRecipients } from '#providers/sandbox/test-recipients.ts';
import { createSandboxEvents, createSandboxInbox } from '#service/create-sandbox.ts';
import { type BuiltService, createService } from '#service/create-service.ts';
import { type KeyRing, parseKeyRing } from '#service/key-ring.ts';
import type { Storage } from '#service/ports.ts';
import type { Provider, SandboxInbox } from '#service/provider-port.ts';
import { openVault, type Vault } from '#service/vault.ts';
import { boundHeaps } from './bound-heaps.ts';
import {
  inspectDatabase,
  migratePostgres,
  openStorage,
  usesDataFolder,
} from './choose-database.ts';
import { endWithReaders } from './closed-pipe.ts';
import type { Config, Environment } from './config.ts';
import { createConfiguredProviders } from './configured-providers.ts';
import {
  developmentKeys,
  openDataFolder,
  readCredentials,
  writeCredentials,
} from './data-folder.ts';
import {
  type DevelopmentAccess,
  ensureDevelopmentAccess,
  ensureFacadeCredentials,
  liveDevelopmentAccess,
  type VendorPart,
} from './development.ts';
import { freePort, urlHost } from './listen-address.ts';
import { createLog, type ServerLog } from './log.ts';
import { inspectKafkaWhereOn, openKafkaWhereOn } from './open-kafka.ts';
import { aborted, nextSignal } from './process-signals.ts';
import { startFailure } from './start-failure.ts';
import { StartRefused } from './start-refused.ts';
import { welcome } from './welcome.ts';

export type ServerMode = 'dev' | 'serve';

/** For what was printed to leave the process. */
const exitGraceMs = 200;

export interface RunningServer {
  readonly url: string;
  /** The development application and its key; null in production. */
  readonly credentials: { readonly application: string; readonly apiKey: string } | null;
  /** Finishes what is in flight, then closes everything. */
  stop(): Promise<void>;
  /** Resolves when the storage stopped by itself: nothing can be served any more. */
  readonly whenLost: Promise<Error>;
}

interface Foundation {
  readonly storage: Storage;
  readonly ring: KeyRing;
  readonly vault: Vault;
  readonly egress: Egress;
}

/** A storage that was begun to be opened before its turn, see `start.ts`; null opens one. */
export type OpeningStorage = Promise<Storage | null>;

/** Starts a server and answers once it listens and serves. Throws what stops the start. */
export async function startServer(
  config: Config,
  mode: ServerMode,
  parts: { environment: Environment; log: ServerLog; opening?: OpeningStorage },
): Promise<RunningServer> {
  const foundation = await openFoundation(config, mode, 'server', parts.opening);
  const { storage, vault, egress } = foundation;
  const providers: Provider[] = [];
  try {
    if (mode === 'serve') await refuseDevelopmentKeys(config, storage);
    const port = config.port === 0 ? await freePort(config.host) : config.port;
    const publicUrl = config.publicUrl ?? `http://${urlHost(config.host)}:${port}`;
    const events = createSandboxEvents();
    const isDevelopment = mode === 'dev';
    const inbox = isDevelopment
      ? createSandboxInbox({ storage, vault, events, log: parts.log })
      : undefined;
    providers.push(...buildProviders(config, { egress, environment: parts.environment, inbox }));
    const built = await createService({
      storage,
      vault,
      providers,
      transport: egress,
      events,
      log: parts.log,
      publicUrl,
      deliveryTimeoutSeconds: config.deliveryAttemptTimeoutSeconds,
      fixedCode: isDevelopment
        ? (recipient, { length, alphabet }) => fixedCodeFor(recipient, length, alphabet)
        : () => null,
      facades,
    });
    const credentials = isDevelopment ? await developmentCredentials(config, storage, built) : null;
    const kafka = await openKafkaWhereOn(config, {
      ...{ storage, vault, publicUrl, service: built.service, log: parts.log },
      developmentApplication: credentials?.application,
    });
    const app = await openDoors({ config, built, publicUrl, credentials, kafka, log: parts.log });
    await app.listen({ host: config.host, port });
    if (credentials !== null) {
      const { vendors, ...access } = credentials;
      writeCredentials(config.data, { url: publicUrl, ...access, ...vendors });
    }
    const jobs = startJobs(built.maintenance, parts.log);
    const stop = stopper({ config, app, kafka, jobs, built, providers, egress, storage });
    return { url: publicUrl, credentials, stop, whenLost: storage.whenLost };
  } catch (error) {
    await closeAll(providers, egress, storage);
    throw error;
  }
}

/** What a server and the command line both stand on. */
async function openFoundation(
  config: Config,
  mode: ServerMode | 'tool',
  role: 'server' | 'tool',
  opening?: OpeningStorage,
): Promise<Foundation> {
  if (usesDataFolder(config, mode === 'dev')) openDataFolder(config.data);
  const ring = parseKeyRing(config.keys ?? keysWithout(config, mode));
  if (!ring.ok) throw new StartRefused(ring.mistakes.join('\n'));
  // Production migrates when its operator says so: nodes of the older version may still run.
  if (mode === 'dev' && config.databaseUrl !== null) await migratePostgres(config.databaseUrl);
  const storage = (await opening) ?? (await openStorage(config, role));
  try {
    const vault = await openVault(storage, ring.ring);
    return { storage, ring: ring.ring, vault, egress: createEgress({ allow: config.egressAllow }) };
  } catch (error) {
    await storage.close();
    throw error;
  }
}

/** Only development keeps a ring in its data folder; production must bring one. */
function keysWithout(config: Config, mode: ServerMode | 'tool'): string {
  if (mode !== 'serve') return developmentKeys(config.data);
  throw new StartRefused('WATCHWORD_KEYS is not set. Make a key with `watchword keys generate`.');
}

function buildProviders(
  config: Config,
  context: Parameters<typeof createConfiguredProviders>[1],
): readonly Provider[] {
  const providers = createConfiguredProviders(config, context);
  if (!providers.ok) throw new StartRefused(providers.error.join('\n'));
  return providers.value;
}

async function developmentCredentials(
  config: Config,
  storage: Storage,
  { service }: BuiltService,
): Promise<DevelopmentAccess & { vendors: VendorPart }> {
  const kept = readCredentials(config.data);
  const keys = { fixed: config.devApiKey, kept: kept?.apiKey ?? null };
  const access = await ensureDevelopmentAccess(storage, keys);
  if (!access.ok) throw new StartRefused(access.error);
  const mounted = { facades: facadesNamed(config.facades), kept: kept ?? {} };
  const vendors = await ensureFacadeCredentials(service, access.value.application, mounted);
  return { ...access.value, vendors };
}

/** Production has no default credential, and those of development lie readable in its folder. */
async function refuseDevelopmentKeys(config: Config, storage: Storage): Promise<void> {
  const endings = await liveDevelopmentAccess(storage);
  if (endings.length === 0) return;
  const [place, elsewhere] =
    config.databaseUrl === null
      ? [config.data, 'WATCHWORD_DATA to a folder of its own']
      : ['The database', 'WATCHWORD_DATABASE_URL to a database of its own'];
  throw new StartRefused(
    `${place} was used by \`watchword dev\`, and keys of its application are still live. End ` +
      `each: ${endings.map((ending) => `\`${ending}\``).join(', ')}. Or set ${elsewhere}.`,
  );
}

async function openDoors(parts: {
  config: Config;
  built: BuiltService;
  publicUrl: string;
  credentials: { application: string } | null;
  kafka: KafkaDoor | null;
  log: ServerLog;
}): Promise<FastifyInstance> {
  const { config, built, publicUrl, credentials, kafka } = parts;
  const { service, sandbox } = built;
  const phone: ReturnType<typeof createPhoneRoutes>[] = [];
  if (credentials !== null) {
    const application = async () => {
      const found = await service.readApplication(credentials.application);
      if (!found.ok) throw new Error(found.error.detail);
      return found.value;
    };
    const options = { service, sandbox, application, testRecipients };
    phone.push(createPhoneRoutes({ ...options, publicUrl: () => publicUrl }));
  }
  return createApp({
    service,
    sandbox: credentials === null ? null : sandbox,
    kafka,
    publicUrl,
    trustedHops: config.trustedHops,
    logger: parts.log,
    logRequest: parts.log.request,
    version: readVersion(),
    plugins: [
      ...phone,
      ...facadesNamed(config.facades).map((facade) => mountFacade(facade, { service })),
    ],
  });
}

function stopper(parts: {
  config: Config;
  app: FastifyInstance;
  kafka: KafkaDoor | null;
  jobs: Jobs;
  built: BuiltService;
  providers: readonly Provider[];
  egress: Egress;
  storage: Storage;
}): () => Promise<void> {
  const { app, kafka, jobs, built, providers, egress, storage } = parts;

  async function finish(): Promise<void> {
    await Promise.all([app.close(), kafka?.stop(), jobs.stop()]);
    await built.whenIdle();
    await closeDoorsOut(providers, egress);
  }

  return async () => {
    const deadline = aborted(AbortSignal.timeout(parts.config.shutdownTimeoutSeconds * 1000));
    // What a slow caller or provider does not finish in time is broken off. A message that was not
    // recorded as sent stays queued, and is sent at the next start.
    await Promise.race([finish(), deadline]);
    app.server.closeAllConnections();
    await storage.close();
  };
}

function closeDoorsOut(providers: readonly Provider[], egress: Egress): Promise<unknown> {
  return Promise.all([...providers, egress].map((door) => door.close()));
}

async function closeAll(
  providers: readonly Provider[],
  egress: Egress,
  storage: Storage,
): Promise<void> {
  await closeDoorsOut(providers, egress);
  await storage.close();
}

/** Runs until a signal says stop. Prints where everything is once the server answers. */
async function runServer(
  config: Config,
  mode: ServerMode,
  environment: Environment,
  opening: OpeningStorage,
): Promise<number> {
  boundHeaps();
  const log = createLog(config.logLevel);
  let server: RunningServer;
  try {
    server = await startServer(config, mode, { environment, log, opening });
  } catch (error) {
    for (const sentence of startFailure(error, config).split('\n')) {
      process.stderr.write(`watchword: ${sentence}\n`);
    }
    return 1;
  }
  if (server.credentials !== null) {
    process.stdout.write(welcome(server.url, server.credentials.apiKey));
  }
  log.info({ url: server.url, mode, version: readVersion() }, 'listening');
  const end = await Promise.race([nextSignal(), server.whenLost]);
  const isLost = end instanceof Error;
  if (isLost) log.fatal({ err: end }, 'the storage stopped, so the server ends');
  else log.info({ signal: end }, 'stopping');
  await server.stop();
  log.info({}, 'stopped');
  return isLost ? 1 : 0;
}

function readVersion(): string {
  const manifest = new URL('../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return version;
}

function commandContext(environment: Environment, opening: OpeningStorage): CommandContext {
  return {
    environment,
    version: readVersion(),
    print: (line) => process.stdout.write(`${line}\n`),
    complain: (line) => process.stderr.write(`${line}\n`),
    async runServer(config, mode) {
      const exitCode = await runServer(config, mode, environment, opening);
      // A hand-over that was broken off would hold the process until its own time is over.
      setTimeout(() => process.exit(exitCode), exitGraceMs).unref();
      return exitCode;
    },
    inspectDatabase,
    inspectKafka: inspectKafkaWhereOn,
    migratePostgres,
    async openStorage(config) {
      if (usesDataFolder(config, false)) openDataFolder(config.data);
      return openStorage(config, 'tool');
    },
    async openService(config) {
      let foundation: Foundation;
      try {
        foundation = await openFoundation(config, 'tool', 'tool');
      } catch (error) {
        return { ok: false, error: startFailure(error, config) };
      }
      const { storage, vault, ring, egress } = foundation;
      const events = createSandboxEvents();
      const log = createLog('silent');
      const inbox = toolInbox(config, createSandboxInbox({ storage, vault, events, log }));
      const providers = createConfiguredProviders(config, { egress, environment, inbox });
      const { service } = await createService({
        storage,
        vault,
        providers: providers.ok ? providers.value : [],
        transport: egress,
        events,
        log,
        publicUrl: config.publicUrl ?? `http://${urlHost(config.host)}:${config.port}`,
        deliveryTimeoutSeconds: config.deliveryAttemptTimeoutSeconds,
        fixedCode: () => null,
        facades,
      });
      return ok({
        service,
        storage,
        vault,
        ring,
        providers,
        close: () => closeAll(providers.ok ? providers.value : [], egress, storage),
      });
    },
    createProviders(config) {
      const egress = createEgress({ allow: config.egressAllow });
      const inbox = toolInbox(config, { put: neverPut, reportReceipt: () => {} });
      return createConfiguredProviders(config, { egress, environment, inbox });
    },
  };
}

/** A tool that was given a key ring works for production, where nothing has a sandbox. */
function toolInbox(config: Config, inbox: SandboxInbox): SandboxInbox | undefined {
  return config.keys === null ? inbox : undefined;
}

function neverPut(): never {
  throw new Error('These providers were made to be looked at, not to send.');
}

/** What `start.ts` calls once this file is read. */
export async function main(opening: OpeningStorage): Promise<void> {
  endWithReaders([process.stdout, process.stderr]);
  const context = commandContext(process.env, opening);
  process.exitCode = await runCommand(process.argv.slice(2), context);
}
