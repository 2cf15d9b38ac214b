import { EgressRefused } from './guarded-connect.ts';

/** What goes wrong on a connection that Node has no code for. */
const ourSentences = {
  ABORTED: 'There was no answer in time.',
  ANSWER_BROKEN: 'The answer is not HTTP.',
  ANSWER_TIMEOUT: 'There was no answer in time.',
  CONNECTION_CLOSED: 'The connection was closed by the other side.',
  CONNECT_TIMEOUT: 'The connection took too long.',
  HEADERS_TOO_LARGE: 'The answer has too many headers.',
  POOL_CLOSED: 'The server is shutting down.',
  POOL_FULL: 'Too many requests wait for this address.',
  REQUEST_UNWRITABLE: 'The request holds characters that HTTP cannot carry.',
} as const;

type OurCode = keyof typeof ourSentences;

export function networkError(code: OurCode): Error {
  return Object.assign(new Error(ourSentences[code]), { code });
}

/** A public sentence for what went wrong below HTTP. */
export function reasonOf(error: unknown): string {
  if (error instanceof EgressRefused) {
    return 'The address is private, local or reserved, and outbound calls to it are not allowed.';
  }
  return networkSentence(errorCode(error)) ?? 'The connection failed.';
}

/** The sentence for an error code of Node's or of ours, where it has one. */
export function networkSentence(code: string): string | undefined {
  return sentenceOf[code] ?? ourSentences[code as OurCode];
}

/** The code of an error, of its first cause, or of the first address that was tried. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return errorCode(error.errors[0]);
  return errorCode(error.cause);
}

const tlsSentence =
  'The other side has no certificate that is trusted for its name. Check the host.';

const sentenceOf: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'The connection was refused.',
  ECONNRESET: 'The connection was closed by the other side.',
  EPIPE: 'The connection was closed by the other side.',
  EHOSTUNREACH: 'The host cannot be reached.',
  ENETUNREACH: 'The network cannot be reached.',
  ENOTFOUND: 'The host name is not known.',
  EAI_AGAIN: 'The host name cannot be resolved at the moment.',
  ETIMEDOUT: 'The connection took too long.',
  SELF_SIGNED_CERT_IN_CHAIN: tlsSentence,
  DEPTH_ZERO_SELF_SIGNED_CERT: tlsSentence,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: tlsSentence,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: tlsSentence,
  ERR_TLS_CERT_ALTNAME_INVALID: tlsSentence,
  CERT_HAS_EXPIRED: tlsSentence,
};
