/**
 * A node that kills itself (SIGKILL) at one moment of its work. Run as a process of its own:
 * `node dying-node.fixture.ts <folder> <moment>`. What it knew by then stands on its stdout.
 */
import { writeSync } from 'node:fs';
import type { Storage } from '#service/ports.ts';
import { createTestProvider, openService } from '#service/service.fixture.ts';

const [, , folder = '', moment = ''] = process.argv;

function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  // The signal is on its way; nothing more may happen until it is there.
  return new Promise(() => undefined);
}

function dying(storage: Storage): Storage {
  return {
    ...storage,
    async consumeGuess(step) {
      const outcome = await storage.consumeGuess(step);
      return moment === 'a guess was spent' ? die() : outcome;
    },
    async settleGuess(step) {
      if (moment === 'a guess was compared') return die();
      const outcome = await storage.settleGuess(step);
      return moment === 'a guess was settled' ? die() : outcome;
    },
    async recordAttempts(results) {
      if (moment === 'a provider took the message') await die();
      await storage.recordAttempts(results);
    },
  };
}

const provider = createTestProvider();
const node = await openService({ folder, providers: [provider], around: dying });
const caller = await node.newCaller();
const told = { applicationId: caller.application.id, id: '', code: '' };
provider.answer = (message) => {
  const { verificationId, code } = message;
  writeSync(1, JSON.stringify({ ...told, id: verificationId, code }));
  return { kind: 'accepted', providerMessageId: null };
};
const { id } = await node.start(caller);
await node.whenIdle();
const check = { verificationId: id, code: node.codeOf(id) };
await node.service.checkCode(caller, check, 'the key of the guess');
