/** What our own calls say, over HTTP and over a topic alike. */
import type { Channel, Destination } from './operations.ts';

/** The text of every message; the code stands at its end. */
export const messageText = 'Your code is {{code}}';

export function channelFor(
  { channel, to }: Destination,
  recipient: string,
): Channel | { channel: Channel; to: string } {
  return to === recipient ? channel : { channel, to };
}
