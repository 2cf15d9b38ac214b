import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type ApplicationDirectory,
  createApplicationDirectory,
  createApplicationVerbs,
} from '#service/applications.ts';
import { type CallbackTransport, createCallbackDelivery } from '#service/callbacks.ts';
import { createCancelVerification } from '#service/cancel-verification.ts';
import {
  createCheckCode,
  createCheckRecipient,
  createCheckReference,
} from '#service/check-code.ts';
import { createComposeAgain } from '#service/compose-again.ts';
import type { ServiceContext } from '#service/context.ts';
import { createSandbox, type SandboxEvents } from '#service/create-sandbox.ts';
import { createCredentials } from '#service/credentials.ts';
import { createDeliveryDispatcher } from '#service/dispatch-deliveries.ts';
import type { FacadeDefinition } from '#service/facade-port.ts';
import { createHandleDirectory } from '#service/handle-directory.ts';
import { keepingRefusals } from '#service/kept-refusals.ts';
import type { Log } from '#service/log-port.ts';
import { createMaintenance, type Maintenance } from '#service/maintenance.ts';
import type { Storage } from '#service/ports.ts';
import { createProofs } from '#service/proofs.ts';
import type { Provider } from '#service/provider-port.ts';
import { createProviderRoutes } from '#service/provider-routes.ts';
import { createListMessages, createReadMessage } from '#service/read-messages.ts';
import {
  createListVerifications,
  createReadVerification,
  createReadVerificationInFull,
} from '#service/read-verifications.ts';
import { createRecordReceipt } from '#service/record-receipt.ts';
import { createResendCode, createResendVerb } from '#service/resend-code.ts';
import type { Sandbox } from '#service/sandbox.ts';
import { createSendMessage } from '#service/send-message.ts';
import type { Service } from '#service/service.ts';
import { createStartVerification } from '#service/start-verification.ts';
import { createStorageClock } from '#service/storage-clock.ts';
import { createTemplateLibrary } from '#service/template-library.ts';
import { createTemplateVerbs } from '#service/templates.ts';
import { createTokens } from '#service/tokens.ts';
import { createTurns } from '#service/turns.ts';
import type { Vault } from '#service/vault.ts';

export interface ServiceParts {
  readonly storage: Storage;
  readonly vault: Vault;
  readonly providers: readonly Provider[];
  readonly transport: CallbackTransport;
  readonly events: SandboxEvents;
  readonly log: Log;
  /** Issuer of proofs; no trailing slash. */
  readonly publicUrl: string;
  readonly deliveryTimeoutSeconds: number;
  /** The code of a sandbox test recipient; production passes a function that answers null. */
  readonly fixedCode: ServiceContext['fixedCode'];
  /** Those whose credentials and settings are known, mounted or not; none by default. */
  readonly facades?: readonly FacadeDefinition[];
}

export interface BuiltService {
  readonly service: Service;
  readonly sandbox: Sandbox;
  readonly maintenance: Maintenance;
  /** Resolves when no hand-over and no callback is under way. */
  readonly whenIdle: () => Promise<void>;
}

/** Builds every verb on its parts. Nothing here starts by itself: `jobs/` has the clock. */
export async function createService(parts: ServiceParts): Promise<BuiltService> {
  const { storage, vault, log, facades = [] } = parts;
  const proofs = await createProofs(storage, vault, parts.publicUrl);
  const directory = createApplicationDirectory(storage);
  const routes = createProviderRoutes(parts.providers);
  const templates = createTemplateLibrary(storage);
  const dispatcher = createDeliveryDispatcher({
    storage,
    composeAgain: createComposeAgain({ vault, templates }),
    routes,
    notify: parts.events.notify,
    applicationOf: directory.current,
    log,
    attemptTimeoutMs: parts.deliveryTimeoutSeconds * 1000,
    random,
    pause: (milliseconds) => pause(milliseconds),
  });
  const context: ServiceContext = {
    storage,
    vault,
    proofs,
    routes,
    templates,
    dispatcher,
    log,
    randomInt: (exclusiveMax) => randomInt(exclusiveMax),
    checkUrl: parts.transport.checkUrl,
    fixedCode: parts.fixedCode,
    notify: parts.events.notify,
  };
  const { transport } = parts;
  const callbacks = createCallbackDelivery({ storage, vault, transport, facades, log, random });
  const maintenance = createMaintenance(context, callbacks);
  const resendCode = createResendCode(context);
  const inTurn = createTurns();
  const handles = createHandleDirectory(storage, facades);
  const service: Service = {
    ...keepingRefusals(context, {
      startVerification: handles.remembering(createStartVerification(context, resendCode)),
      checkCode: createCheckCode(context),
      checkRecipient: createCheckRecipient(context),
      checkReference: createCheckReference(context),
      resendCode: createResendVerb(context, resendCode),
      cancelVerification: createCancelVerification(context),
      sendMessage: createSendMessage(context),
    }),
    readVerification: createReadVerification(context),
    readVerificationInFull: createReadVerificationInFull(context),
    listVerifications: createListVerifications(context),
    readMessage: createReadMessage(context),
    listMessages: createListMessages(context),
    concealedReference: ({ application }, text) => vault.hash('reference', application.id, text),
    verificationIdOf: handles.verificationIdOf,
    authenticate: directory.authenticate,
    ...createFacadeVerbs({ ...parts, facades }, directory),
    recordReceipt: createRecordReceipt(context),
    ...createApplicationVerbs({ ...context, facades }, directory, inTurn),
    ...createTemplateVerbs(context, inTurn),
    callbackSecret: vault.callbackSecret,
    publicKeys: proofs.publicKeys,
    ping: storage.ping,
  };
  const sandbox = createSandbox(
    { storage, vault, events: parts.events },
    { settleEverything: maintenance.settleEverything, whenHandedOver: dispatcher.whenSettled },
  );
  const whenIdle = async () => {
    await Promise.all([dispatcher.whenIdle(), callbacks.whenIdle()]);
  };
  return { service, sandbox, maintenance, whenIdle };
}

/** What only façades ask for: credentials in their vendors' shapes, and tokens. */
function createFacadeVerbs(
  parts: Pick<ServiceParts, 'storage' | 'vault' | 'events'> & {
    readonly facades: readonly FacadeDefinition[];
  },
  directory: ApplicationDirectory,
) {
  const { storage, vault, events, facades } = parts;
  const credentials = createCredentials({ storage, directory, facades });
  const clock = createStorageClock(storage);
  events.subscribe(({ kind }) => {
    if (kind === 'clock') clock.forget();
  });
  return {
    authenticateWith: credentials.authenticateWith,
    ...credentials.verbs,
    ...createTokens(vault, credentials, clock),
  };
}

function random(): number {
  return randomInt(2 ** 32) / 2 ** 32;
}
