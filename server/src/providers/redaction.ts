import { maskRecipient } from '#domain/recipient.ts';
import type { OutboundMessage } from '#service/provider-port.ts';

/**
 * What a provider or a mail server answers may repeat what it was sent: the text, the code, the
 * recipient, even the key. Before any of that is stored or shown, it passes here.
 */
export interface Redaction {
  /** For `SendOutcome.error`: one line, at most 200 characters. */
  publicError(text: string): string;
  /** For a transcript: line breaks stay, at most 2,000 characters. */
  transcript(text: string): string;
}

export const publicErrorLengthMax = 200;
const transcriptLengthMax = 2_000;
// What is cut off later need not be searched; only what straddles the cut needs room.
const searchedLengthMax = 8_000;
const hidden = '***';
// The form in which HTTP sends them, where no secret appears as it was configured.
const credentials = /\b(basic|bearer)\s+[A-Za-z0-9+/=._~-]{6,}/gi;

export function createRedaction(message: OutboundMessage, secrets: readonly string[]): Redaction {
  const spellings = hiddenSpellings(message, secrets);
  const code = message.code === null ? null : spacedOut(message.code);
  const digits = message.destination.replace(/[^0-9]/g, '');
  const redact = (text: string): string => {
    let clean = decodeEscapes(text.slice(0, searchedLengthMax));
    for (const spelling of spellings) clean = replaceEvery(clean, spelling);
    clean = clean.replace(credentials, `$1 ${hidden}`);
    if (code !== null) clean = clean.replace(code, hidden);
    return isPhone(message) ? hideNumber(clean, digits) : clean;
  };
  return {
    publicError: (text) =>
      shorten(
        redact(text)
          .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
          .trim(),
        publicErrorLengthMax,
      ),
    transcript: (text) => shorten(redact(text).replace(/(?!\n)\p{Cc}/gu, ' '), transcriptLengthMax),
  };
}

/** The same message with nothing in it to hide, for showing what a request looks like. */
export function maskMessage(message: OutboundMessage): OutboundMessage {
  return {
    ...message,
    // Asterisks survive every encoding that a request applies; the usual bullets do not.
    destination: maskRecipient(message.destination).replaceAll('•', '*'),
    subject: message.subject === null ? null : hidden,
    text: hidden,
    html: message.html === null ? null : hidden,
    code: message.code === null ? null : hidden,
  };
}

/** Longest first, so that a short one never breaks up a longer one that holds it. */
function hiddenSpellings(message: OutboundMessage, secrets: readonly string[]): readonly string[] {
  const { text, html, subject, code, destination } = message;
  const local = destination.split('@')[0] ?? '';
  const values = [text, html, subject, code, destination, local, ...secrets];
  const spellings = new Set<string>();
  for (const value of values) {
    if (value === null || value.trim().length < 3) continue;
    const percent = encodeURIComponent(value.toWellFormed());
    for (const spelling of [
      value.trim(),
      percent,
      percent.replaceAll('%20', '+'),
      JSON.stringify(value).slice(1, -1),
      Buffer.from(value).toString('base64'),
    ]) {
      spellings.add(spelling);
    }
  }
  return [...spellings].sort((a, b) => b.length - a.length);
}

function isPhone(message: OutboundMessage): boolean {
  return !message.destination.includes('@');
}

/** `\u002b` and the like, which a JSON answer may be full of. */
function decodeEscapes(text: string): string {
  return text.replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function replaceEvery(text: string, spelling: string): string {
  const pattern = new RegExp(spelling.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'gi');
  return text.replace(pattern, hidden);
}

/** The code as it is spoken or grouped: `1 2 3 4 5 6`, `123-456`. */
function spacedOut(code: string): RegExp {
  const symbols = [...code].map((symbol) => symbol.replace(/[^A-Za-z0-9]/g, '\\$&'));
  return new RegExp(symbols.join('[\\s,.-]{0,3}'), 'gi');
}

/** Hides the number however it is grouped, with or without its country code. */
function hideNumber(text: string, digits: string): string {
  const tail = digits.slice(-6);
  return text.replace(/\+?\d(?:[\s().-]{0,3}\d){5,}/g, (run) => {
    const found = run.replace(/[^0-9]/g, '');
    return found.includes(tail) || digits.includes(found) ? hidden : run;
  });
}

function shorten(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1)}…`;
}
