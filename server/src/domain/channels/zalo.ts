import type { Channel } from '#domain/channels/channel.ts';
import { canReceiveText } from '#domain/recipient.ts';
import { ok, refuse } from '#domain/refusal.ts';

const textCharactersMax = 2_000;

export const zalo: Channel = {
  name: 'zalo',
  carries: 'text',

  // Zalo registers an account by a text message to a mobile number.
  accepts(destination) {
    if (destination.kind !== 'phone') {
      return refuse('recipient_invalid', 'The zalo channel needs a phone number.', {
        pointer: '/recipient',
      });
    }
    if (!canReceiveText(destination)) {
      return refuse(
        'recipient_unsupported',
        'This number is a landline, which has no Zalo account. Use the voice channel.',
        { pointer: '/recipient' },
      );
    }
    return ok(null);
  },

  shape({ text }) {
    const carried = text.replace(/\r\n?/g, '\n').trim();
    if (carried.length > textCharactersMax) {
      return refuse(
        'template_invalid',
        `Zalo carries at most ${textCharactersMax} characters. Shorten the text.`,
      );
    }
    return ok({ text: carried, subject: null, html: null, parts: 1 });
  },
};
