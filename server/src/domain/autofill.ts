import { ok, type Result, refuse } from '#domain/refusal.ts';

/**
 * The last lines of an SMS that let a phone fill the code in by itself.
 *
 * 1. A browser takes the code for one origin only, from a last line `@host #code`: one blank, the
 *    host in ASCII, nothing behind (https://wicg.github.io/sms-one-time-codes/). The scheme is
 *    always https. The line has no place for a port, so an origin with one is refused.
 * 2. An Android app gets the message that holds the 11 characters of its own hash, if the whole
 *    message has at most 140 bytes (SMS Retriever API). The hash gets a line of its own, before
 *    the browser's, which must be the last.
 */
export interface Autofill {
  readonly androidAppHash?: string;
  /** `https://` and the host, as `checkAutofill` spells it. */
  readonly webOrigin?: string;
}

export interface AutofillInput {
  readonly androidAppHash?: string | null | undefined;
  readonly webOrigin?: string | null | undefined;
}

const androidAppHashPattern = /^[A-Za-z0-9+/]{11}$/;
const androidMessageBytesMax = 140;
// Labels of letters, digits and hyphens (RFC 1035 2.3.1), the last one not a number, so that an
// IP address, to which a browser binds nothing, is refused.
const hostPattern =
  /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const hostCharactersMax = 253;
const originCharactersMax = 300;
// Chromium's parser ends a code at a blank and starts one at a number sign.
const codePattern = /^[A-Za-z0-9]+$/;

/** The request's `autofill`, with the origin in one spelling. */
export function checkAutofill(input: AutofillInput): Result<Autofill> {
  const { androidAppHash, webOrigin } = input;
  const checked: { androidAppHash?: string; webOrigin?: string } = {};
  if (androidAppHash !== undefined && androidAppHash !== null) {
    if (!androidAppHashPattern.test(androidAppHash)) {
      return refuse(
        'request_invalid',
        'An Android app’s hash has 11 letters, digits, plus signs or slashes.',
        { pointer: '/autofill/androidAppHash' },
      );
    }
    checked.androidAppHash = androidAppHash;
  }
  if (webOrigin !== undefined && webOrigin !== null) {
    const host = hostOf(webOrigin);
    if (host === null) {
      return refuse(
        'request_invalid',
        'The web origin must be https and a host name only, like https://example.com.',
        { pointer: '/autofill/webOrigin' },
      );
    }
    checked.webOrigin = `https://${host}`;
  }
  return ok(checked);
}

/**
 * The text with its last lines. Takes what `checkAutofill` returned; refuses a text that is too
 * long for Android to hand over.
 */
export function appendAutofill(text: string, code: string, autofill: Autofill): Result<string> {
  if (!codePattern.test(code)) throw new Error('A code has letters and digits only.');
  const lines = [text.trimEnd()];
  if (autofill.androidAppHash !== undefined) lines.push(autofill.androidAppHash);
  if (autofill.webOrigin !== undefined) {
    const host = hostOf(autofill.webOrigin);
    if (host === null) throw new Error('The web origin was not checked.');
    lines.push(`@${host} #${code}`);
  }
  if (lines.length === 1) return ok(text);
  const message = lines.join('\n');
  if (autofill.androidAppHash !== undefined && bytesOf(message) > androidMessageBytesMax) {
    return refuse(
      'template_invalid',
      `With the app’s hash the message may have ${androidMessageBytesMax} bytes. Shorten the text.`,
      { pointer: '/autofill/androidAppHash' },
    );
  }
  return ok(message);
}

/** The host in ASCII, lower case; null unless the origin is https, on its own port and bare. */
function hostOf(origin: string): string | null {
  if (origin.length > originCharactersMax || !URL.canParse(origin)) return null;
  const url = new URL(origin);
  // Comparing with the origin's own spelling leaves no room for a path, a query or a user.
  const isBare = url.href === `https://${url.hostname}/`;
  const host = url.hostname;
  if (!isBare || host.length > hostCharactersMax || !hostPattern.test(host)) return null;
  return host;
}

const encoder = new TextEncoder();

function bytesOf(text: string): number {
  return encoder.encode(text).length;
}
