import type { Channel } from '#domain/channels/channel.ts';
import { ok, refuse } from '#domain/refusal.ts';

// The bound that Meta sets on the body of a message template.
const textCharactersMax = 1_024;

export const whatsapp: Channel = {
  name: 'whatsapp',
  carries: 'text',

  // An account may be registered with a landline, by a call; so every number may have one.
  accepts(destination) {
    if (destination.kind === 'phone') return ok(null);
    return refuse('recipient_invalid', 'The whatsapp channel needs a phone number.', {
      pointer: '/recipient',
    });
  },

  shape({ text }) {
    // A template's parameter with a line break, a tab or more than four blanks is refused by Meta
    // after we have counted it as sent, so blanks of every kind become one before that.
    const carried = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
    if (carried.length > textCharactersMax) {
      return refuse(
        'template_invalid',
        `WhatsApp carries at most ${textCharactersMax} characters. Shorten the text.`,
      );
    }
    return ok({ text: carried, subject: null, html: null, parts: 1 });
  },
};
