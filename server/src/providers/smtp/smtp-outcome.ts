import type { SendOutcome } from '#service/provider-port.ts';
import { errorCode, networkSentence, reasonOf } from '../egress/network-error.ts';

/**
 * What became of a mail that was not accepted. The server's own words are left out of the public
 * error: they nearly always name the recipient. Its codes say what happened (RFC 5321, 4.2; 3463).
 */
export function outcomeOfFailure(error: unknown, isContentSent: boolean): SendOutcome {
  const code = errorCode(error);
  // Whatever was answered to it: without encryption nothing has been said that could be refused.
  const reply = code === 'ETLS' ? null : replyOf(error);
  if (reply !== null && code === 'EAUTH') {
    const text = `The mail server does not accept the user name and password (${reply.text}).`;
    return reply.isFinal ? { kind: 'refused', error: text } : { kind: 'unavailable', error: text };
  }
  if (reply !== null) {
    return reply.isFinal
      ? { kind: 'refused', error: `The mail server refused the message (${reply.text}).` }
      : { kind: 'unavailable', error: `The mail server cannot take it now (${reply.text}).` };
  }
  const reason = networkSentence(innerCode(error)) ?? sentenceOf[code] ?? reasonOf(error);
  return { kind: isContentSent ? 'unknown' : 'unavailable', error: reason };
}

/** The library's codes are broad; Node's own, where there was one, lies beneath. */
function innerCode(error: unknown): string {
  return error instanceof Error && 'originalCode' in error ? String(error.originalCode) : '';
}

const sentenceOf: Readonly<Record<string, string>> = {
  ETLS: 'The connection could not be encrypted. Check the certificate and "security".',
  EAUTH: 'The mail server offers no way to log in over this connection.',
  EABORT: 'There was no answer in time.',
  ETIMEDOUT: 'There was no answer in time.',
  ECONNECTION: 'The mail server closed the connection.',
  ESOCKET: 'The connection to the mail server failed.',
  EPROTOCOL: 'What answered is not a mail server.',
};

interface Reply {
  /** `550 5.1.1` */
  readonly text: string;
  /** 5yz: the same message would be refused again. */
  readonly isFinal: boolean;
}

function replyOf(error: unknown): Reply | null {
  if (!(error instanceof Error) || !('responseCode' in error)) return null;
  const code = Number(error.responseCode);
  if (!(code >= 400 && code < 600)) return null;
  const response = 'response' in error ? String(error.response) : '';
  const enhanced = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(response)?.[1];
  return { text: enhanced === undefined ? `${code}` : `${code} ${enhanced}`, isFinal: code >= 500 };
}

/** The server's own words, for a transcript that is cleaned afterwards. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return 'The connection failed.';
  return 'response' in error && typeof error.response === 'string' ? error.response : error.message;
}
