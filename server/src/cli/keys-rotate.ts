import { callServer } from '#cli/call-server.ts';
import { type Command, done, failed, type OpenService, withService } from '#cli/command.ts';
import { addSigningKey, forgetOldSigningKeys } from '#service/proofs.ts';
import { resealSecrets } from '#service/vault.ts';
import { addDevelopmentKey } from '#src/data-folder.ts';

export const keysRotate: Command = {
  name: 'keys rotate',
  words: [],
  options: {},
  summary: 'Seals what is kept for good under the newest key, and signs proofs with a new one.',
  details:
    'First put a new key in front of WATCHWORD_KEYS on every server and restart them;\n' +
    'then call this with the same keys. What is live stays valid. Older keys may leave\n' +
    'the ring when nothing sealed under them is kept any more, which is after 30 days.\n' +
    'A development folder without WATCHWORD_KEYS gets its new key here; stop its\n' +
    'server first.',
  mode: 'tool',
  async run(input, context) {
    const { config } = input;
    if (config.keys !== null) return withService(input, context, rotate);
    // A running server would go on with the old ring and could not open the new signing key.
    const answer = await callServer(input, context, { method: 'GET', path: '/healthz' });
    if (answer.kind === 'answered') {
      return failed(`A server runs at ${answer.url}. Stop it first: it holds the old key ring.`);
    }
    const opened = await context.openService(config);
    if (!opened.ok) return failed(opened.error);
    await opened.value.close();
    const keys = addDevelopmentKey(config.data);
    return withService({ ...input, config: { ...config, keys } }, context, rotate);
  },
};

async function rotate({ storage, vault, ring }: OpenService) {
  const resealed = await resealSecrets(storage, ring);
  const signingKey = await addSigningKey(storage, vault);
  const forgotten = await forgetOldSigningKeys(storage);
  return done({ newestKey: ring.newestId, keys: ring.ids, resealed, signingKey, forgotten }, [
    `Sealed ${resealed} secrets under the key ${ring.newestId}.`,
    `Proofs are signed with ${signingKey} from now on; older ones can be checked for a day.`,
  ]);
}
