import { domainToASCII } from 'node:url';
import { ok, type Refusal, type Result, refuse } from '#domain/refusal.ts';
import { isBlankOrDash } from '#domain/typed-text.ts';

/**
 * Reads a plain e-mail address: the part of RFC 5321 that people really have, in linear time.
 *
 * Left out on purpose: quoted local parts, comments, display names, address literals, all of which
 * are ways to smuggle a second address past a filter, and letters beyond ASCII in front of the @
 * (RFC 6531), because a message to them fails at every relay without SMTPUTF8, long after the
 * caller was told that it was sent. Domains in other scripts are kept, in their ASCII form.
 * Names that mix look-alike letters of several scripts are not detected.
 */

export interface EmailRecipient {
  readonly kind: 'email';
  /**
   * The whole address in lower case, its domain in ASCII. Hosts may tell letter cases of the local
   * part apart (RFC 5321, 2.4); none in use does, and two cases must not be two budgets.
   */
  readonly canonical: string;
  /** What limits count by: one key for all the spellings that reach one mailbox. */
  readonly limitKey: string;
  readonly country: null;
}

// RFC 5321, 4.5.3.1.1, and RFC 1035, 2.3.4, without the root's dot.
const localLengthMax = 64;
const domainLengthMax = 253;

/** One dot-separated piece of a local part: the atext of RFC 5322, 3.2.3. */
const atom = /^[a-z0-9!#$%&'*+\-/=?^_`{|}~]+$/;
const domainLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const asciiOutsideDomains = /[\0-,/:-@[-`{-\x7f]/;
const beyondAscii = /[^\0-\x7f]/;

export function parseEmailRecipient(input: string, pointer: string): Result<EmailRecipient> {
  const address = trimBlanks(input);
  const at = address.indexOf('@');
  if (at < 1) return refuseAddress(pointer);
  const local = address.slice(0, at).toLowerCase();
  if (beyondAscii.test(address.slice(0, at))) {
    return refuse(
      'recipient_invalid',
      'Letters in front of the @ must be plain A to Z: many mail servers cannot carry others.',
      { pointer },
    );
  }
  if (local.length > localLengthMax || !local.split('.').every((piece) => atom.test(piece))) {
    return refuseAddress(pointer);
  }
  const domain = readDomain(address.slice(at + 1));
  if (domain === null) return refuseAddress(pointer);
  return ok({
    kind: 'email',
    canonical: `${local}@${domain}`,
    limitKey: foldForLimits(local, domain),
    country: null,
  });
}

/** The domain in lower-case ASCII (UTS 46), or null. */
function readDomain(typed: string): string | null {
  if (asciiOutsideDomains.test(typed)) return null;
  const domain = beyondAscii.test(typed) ? domainToASCII(typed) : typed.toLowerCase();
  if (domain === '' || domain.length > domainLengthMax) return null;
  const labels = domain.split('.');
  const top = labels.at(-1) ?? '';
  // A top-level name of digits only would be an IPv4 address (RFC 3696, 2).
  if (labels.length < 2 || /^[0-9]+$/.test(top)) return null;
  return labels.every((label) => domainLabel.test(label)) ? domain : null;
}

/**
 * Tags behind a plus reach the same mailbox nearly everywhere, and Gmail ignores dots; otherwise
 * one person could be sent as many messages as there are spellings. A dash also marks tags with a
 * few hosts, but is part of ordinary names: folding it would make strangers share one limit.
 */
function foldForLimits(local: string, domain: string): string {
  // A plus in front of everything is part of the name: no mailbox is called nothing.
  const plus = local.indexOf('+', 1);
  const untagged = plus < 0 ? local : local.slice(0, plus);
  if (domain !== 'gmail.com' && domain !== 'googlemail.com') return `${untagged}@${domain}`;
  return `${untagged.replaceAll('.', '')}@gmail.com`;
}

function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(unit: number): boolean {
  return unit !== 0x2d && isBlankOrDash(unit);
}

function refuseAddress(pointer: string): { readonly ok: false; readonly error: Refusal } {
  return refuse(
    'recipient_invalid',
    'This is not an e-mail address that mail can reach. Write it plainly, like name@example.com.',
    { pointer },
  );
}
