import type { Channel } from '#domain/channels/channel.ts';
import { canReceiveText } from '#domain/recipient.ts';
import { ok, refuse } from '#domain/refusal.ts';
import { countSegments } from '#domain/segments.ts';

// Handsets and carriers lose parts of long messages; ten are 1,530 septets, far above any code's
// text. Each part is billed, so the bound is one on cost too.
const partsMax = 10;

export const sms: Channel = {
  name: 'sms',
  carries: 'text',

  accepts(destination) {
    if (destination.kind !== 'phone') {
      return refuse('recipient_invalid', 'The sms channel needs a phone number.', {
        pointer: '/recipient',
      });
    }
    if (!canReceiveText(destination)) {
      return refuse(
        'recipient_unsupported',
        'This number is a landline, which cannot receive text messages. Use the voice channel.',
        { pointer: '/recipient' },
      );
    }
    return ok(null);
  },

  shape({ text }) {
    // A carriage return is billed as a character of its own and shows nothing.
    const carried = text.replace(/\r\n?/g, '\n');
    const { parts } = countSegments(carried);
    if (parts > partsMax) {
      return refuse(
        'template_invalid',
        `The text can need ${parts} SMS parts, and at most ${partsMax} are sent. Shorten it.`,
      );
    }
    return ok({ text: carried, subject: null, html: null, parts });
  },
};
