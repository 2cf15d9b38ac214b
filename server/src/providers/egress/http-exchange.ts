import type { Dispatcher } from 'undici';
import { EgressRefused } from './guarded-connect.ts';

/** One HTTP request, ready for the wire. */
export interface OutboundRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, already encoded. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly signal: AbortSignal;
}

/**
 * What came of it. `not_sent` is certain: no byte of the request left. After `lost`, nobody can
 * tell whether the other side acted on it. `reason` is a public sentence without any address.
 */
export type OutboundAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: Readonly<Record<string, string | string[] | undefined>>;
      readonly body: string;
      /** The answer was longer than the bound, or broke off; `body` is its beginning. */
      readonly isCutShort: boolean;
    }
  | { readonly kind: 'not_sent'; readonly reason: string }
  | { readonly kind: 'lost'; readonly reason: string };

/** More of an answer is never read; every gateway in use says what it has to say in 2 KiB. */
export const answerBytesMax = 65_536;

/**
 * Sends one request and reads its answer. Uses `dispatch` rather than `request`: no stream is made
 * for a body that is read whole anyway, and the call tells when the first byte is about to leave,
 * which is what separates `not_sent` from `lost`.
 */
export function exchange(pool: Dispatcher, request: OutboundRequest): Promise<OutboundAnswer> {
  const { method, target, headers, body, signal } = request;
  if (signal.aborted) return Promise.resolve({ kind: 'not_sent', reason: noTimeLeft });
  return new Promise((fulfil) => {
    let controller: Dispatcher.DispatchController | null = null;
    let isSettled = false;
    let status = 0;
    let answerHeaders: Readonly<Record<string, string | string[] | undefined>> = {};
    const chunks: Buffer[] = [];
    let bytes = 0;

    const settle = (answer: OutboundAnswer): void => {
      if (isSettled) return;
      isSettled = true;
      signal.removeEventListener('abort', onAbort);
      fulfil(answer);
    };
    const answered = (isCutShort: boolean): OutboundAnswer => {
      const text = Buffer.concat(chunks).subarray(0, answerBytesMax).toString('utf8');
      return { kind: 'answered', status, headers: answerHeaders, body: text, isCutShort };
    };
    const failed = (error: Error): OutboundAnswer => {
      if (status !== 0) return answered(true);
      if (controller === null) return { kind: 'not_sent', reason: reasonOf(error) };
      return { kind: 'lost', reason: reasonOf(error) };
    };
    const onAbort = (): void => {
      settle(failed(new TimeUp()));
      controller?.abort(new TimeUp());
    };
    signal.addEventListener('abort', onAbort);

    try {
      pool.dispatch(
        { path: target, method, headers, body },
        {
          onRequestStart: (started) => {
            // Queued behind other requests until its time was up: it must not leave any more.
            if (isSettled) started.abort(new TimeUp());
            else controller = started;
          },
          onResponseStart: (_, statusCode, received) => {
            // 1xx answers are interim (RFC 9110, 15.2).
            if (statusCode < 200) return;
            status = statusCode;
            answerHeaders = received;
          },
          onResponseData: (current, chunk) => {
            chunks.push(chunk);
            bytes += chunk.length;
            if (bytes <= answerBytesMax) return;
            settle(answered(true));
            current.abort(new TimeUp());
          },
          onResponseEnd: () => settle(answered(false)),
          onResponseError: (_, error) => settle(failed(error)),
        },
      );
    } catch (error) {
      // undici throws for a request that cannot be written, such as a header with a line break.
      settle({ kind: 'not_sent', reason: reasonOf(error) });
    }
  });
}

class TimeUp extends Error {
  readonly code = 'UND_ERR_ABORTED';
}

const noTimeLeft = 'There was no time left to send the request.';

/** A public sentence for what went wrong below HTTP. */
export function reasonOf(error: unknown): string {
  if (error instanceof EgressRefused) {
    return 'The address is private, local or reserved, and outbound calls to it are not allowed.';
  }
  return networkSentence(errorCode(error)) ?? 'The connection failed.';
}

/** The sentence for an error code of Node's or undici's, where it has one. */
export function networkSentence(code: string): string | undefined {
  return sentenceOf[code];
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
  EHOSTUNREACH: 'The host cannot be reached.',
  ENETUNREACH: 'The network cannot be reached.',
  ENOTFOUND: 'The host name is not known.',
  EAI_AGAIN: 'The host name cannot be resolved at the moment.',
  ETIMEDOUT: 'The connection took too long.',
  UND_ERR_CONNECT_TIMEOUT: 'The connection took too long.',
  UND_ERR_HEADERS_TIMEOUT: 'There was no answer in time.',
  UND_ERR_BODY_TIMEOUT: 'There was no answer in time.',
  UND_ERR_ABORTED: 'There was no answer in time.',
  UND_ERR_SOCKET: 'The connection was closed by the other side.',
  UND_ERR_INVALID_ARG: 'The request holds characters that HTTP cannot carry.',
  UND_ERR_DESTROYED: 'The server is shutting down.',
  UND_ERR_CLOSED: 'The server is shutting down.',
  UND_ERR_HEADERS_OVERFLOW: 'The answer has too many headers.',
  HPE_INVALID_CONSTANT: 'The answer is not HTTP.',
  SELF_SIGNED_CERT_IN_CHAIN: tlsSentence,
  DEPTH_ZERO_SELF_SIGNED_CERT: tlsSentence,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: tlsSentence,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: tlsSentence,
  ERR_TLS_CERT_ALTNAME_INVALID: tlsSentence,
  CERT_HAS_EXPIRED: tlsSentence,
};
