import type { Channel } from '#domain/channels/channel.ts';
import { ok, refuse } from '#domain/refusal.ts';

/**
 * A call that reads the code out.
 *
 * 1. Only the code is taken apart, so a voice says "1, 2, 3" and not a number of thousands; other
 *    digits in the text are left to be read as they are.
 * 2. The whole sentence is said twice, which works in every language, for whoever finds a pen.
 * 3. Providers put the text into XML (SSML, TwiML and the like). What means something there is
 *    dropped, not escaped, because the same text also reaches those that do not read XML.
 */
const textCharactersMax = 1_000;

export const voice: Channel = {
  name: 'voice',
  carries: 'speech',

  accepts(destination) {
    if (destination.kind === 'phone') return ok(null);
    return refuse('recipient_invalid', 'The voice channel needs a phone number.', {
      pointer: '/recipient',
    });
  },

  shape({ text }, code) {
    if (text.length > textCharactersMax) {
      return refuse('template_invalid', 'The text takes too long to be spoken. Shorten it.');
    }
    const plain = text.replace(/[<>&"\s\p{Cc}]+/gu, ' ').trim();
    const spoken = plain.replaceAll(code, () => spelled(code));
    const sentence = /[.!?。।]$/u.test(spoken) ? spoken : `${spoken}.`;
    return ok({ text: `${sentence} ${sentence}`, subject: null, html: null, parts: 1 });
  },
};

function spelled(code: string): string {
  return [...code].join(', ');
}
