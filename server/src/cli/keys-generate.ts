import { type Command, done } from '#cli/command.ts';
import { generateRingEntry } from '#service/key-ring.ts';

export const keysGenerate: Command = {
  name: 'keys generate',
  words: [],
  options: {},
  summary: 'Prints a new key for WATCHWORD_KEYS; nothing is kept.',
  details:
    'Put it in front of the keys that are there, with a comma between. Losing the ring\n' +
    'makes live codes and kept recipients unreadable, so keep it where secrets are kept.',
  mode: null,
  async run() {
    const key = generateRingEntry(new Date());
    return done({ key }, [key]);
  },
};
