import type { Channel } from '#domain/channels/channel.ts';
import { ok, refuse } from '#domain/refusal.ts';

const textCharactersMax = 20_000;
// Gmail clips a message beyond 102 kB, and the code could stand in what is cut.
const htmlCharactersMax = 100_000;
const subjectCharactersMax = 250;

// For a text that came without a subject; every template of our own has one in its language.
const fallbackSubject = 'Your verification code';

export const email: Channel = {
  name: 'email',
  carries: 'mail',

  accepts(destination) {
    if (destination.kind === 'email') return ok(null);
    return refuse('recipient_invalid', 'The email channel needs an e-mail address.', {
      pointer: '/recipient',
    });
  },

  shape({ text, subject, html }) {
    if (text.length > textCharactersMax) {
      return refuse('template_invalid', 'The text of the e-mail is too long. Shorten it.');
    }
    if (html !== null && html.length > htmlCharactersMax) {
      return refuse('template_invalid', 'The HTML part of the e-mail is too long. Shorten it.');
    }
    return ok({ text, subject: headerLine(subject ?? '') || fallbackSubject, html, parts: 1 });
  },
};

/** One line without control characters: a line break would begin another header (RFC 5322 2.2). */
function headerLine(subject: string): string {
  const line = subject.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
  if (line.length <= subjectCharactersMax) return line;
  // A long subject is cut rather than refused: the code stands in the body.
  return `${line.slice(0, subjectCharactersMax - 1).toWellFormed()}…`;
}
