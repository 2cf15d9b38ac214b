import type { Storage } from '#service/ports.ts';
import { startWorker } from '#storage/sqlite/batching-client.ts';
import type { EngineOptions } from '#storage/sqlite/engine.ts';
import type { Answer, Arguments, Operation, Verb } from '#storage/sqlite/handlers.ts';

export { StorageRefused } from '#storage/sqlite/refused.ts';

/**
 * Opens the embedded storage in `folder`, which is created when it is missing. The role `server`
 * owns the folder alone; a `tool` works beside it. Rejects with `StorageRefused`, whose message
 * says what the operator can do.
 */
export async function openSqliteStorage(options: EngineOptions): Promise<Storage> {
  const client = await startWorker(options);

  function verb<Of extends Verb>(name: Of): (...args: Arguments<Of>) => Promise<Answer<Of>> {
    return (...args) =>
      client.submit({ verb: name, args } as unknown as Operation) as Promise<Answer<Of>>;
  }

  return {
    startVerification: verb('startVerification'),
    consumeGuess: verb('consumeGuess'),
    settleGuess: verb('settleGuess'),
    resendCode: verb('resendCode'),
    cancelVerification: verb('cancelVerification'),
    recordAttempts: verb('recordAttempts'),
    findRepeated: verb('findRepeated'),
    keepAnswer: verb('keepAnswer'),
    keepRefusal: verb('keepRefusal'),
    readVerification: verb('readVerification'),
    findLive: verb('findLive'),
    readSpent: verb('readSpent'),
    findByHandle: verb('findByHandle'),
    findByReference: verb('findByReference'),
    listVerifications: verb('listVerifications'),
    now: verb('now'),
    claimDeliveries: verb('claimDeliveries'),
    renewLeases: verb('renewLeases'),
    recordReceipt: verb('recordReceipt'),
    claimCallbacks: verb('claimCallbacks'),
    recordCallback: verb('recordCallback'),
    expireDue: verb('expireDue'),
    purge: verb('purge'),
    createApplication: verb('createApplication'),
    readApplication: verb('readApplication'),
    listApplications: verb('listApplications'),
    saveSettings: verb('saveSettings'),
    createApiKey: verb('createApiKey'),
    findApiKey: verb('findApiKey'),
    listApiKeys: verb('listApiKeys'),
    revokeApiKey: verb('revokeApiKey'),
    createCredential: verb('createCredential'),
    findCredential: verb('findCredential'),
    listCredentials: verb('listCredentials'),
    revokeCredential: verb('revokeCredential'),
    saveTemplate: verb('saveTemplate'),
    readTemplate: verb('readTemplate'),
    listTemplates: verb('listTemplates'),
    deleteTemplate: verb('deleteTemplate'),
    readSecret: verb('readSecret'),
    createSecret: verb('createSecret'),
    replaceSecret: verb('replaceSecret'),
    saveSigningKey: verb('saveSigningKey'),
    listSigningKeys: verb('listSigningKeys'),
    deleteSigningKey: verb('deleteSigningKey'),
    sandbox: {
      putMessage: verb('putMessage'),
      listMessages: verb('listMessages'),
      advanceClock: verb('advanceClock'),
      reset: verb('reset'),
    },
    events: {
      claimEvents: verb('claimEvents'),
      removeEvents: verb('removeEvents'),
      releaseEvents: verb('releaseEvents'),
    },
    ping: verb('ping'),
    close: () => client.close(),
    whenLost: client.whenLost,
  };
}
