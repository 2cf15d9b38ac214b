import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyHttpOptions } from 'fastify';
import { type ErrorCode, errorTable } from '#api/errors.ts';
import { makeProblem, problemMediaType } from '#api/problem.ts';
import { makeId } from '#service/make-id.ts';

/**
 * How long and how large a request may be before any route sees it. A client on a bad mobile line
 * gets its few hundred bytes through in a second or two; whoever needs longer is holding a socket.
 */
const requestTimeoutMs = 15_000;
/** Below `requestTimeoutMs`: a slow header is the older trick of the two. */
const headersTimeoutMs = 10_000;
/** How often Node looks for both; its own 30 s would make of 10 s up to 40 s. */
const timeoutCheckIntervalMs = 2_000;
/** Above the 60 s of common load balancers, so that they close first and never reuse a dead one. */
const keepAliveTimeoutMs = 72_000;
/** Silence in the middle of an exchange. An answer takes well below a second. */
const connectionTimeoutMs = 60_000;
const headersBytesMax = 16_384;
export const headersCountMax = 100;

/** For calls that do not say less; enough for a start with its texts. */
export const bodyBytesMaxDefault = 16_384;
/** Longer than any id or name, so that those reach their route and get its own 404. */
const pathSegmentCharactersMax = 512;

export function connectionBounds(publicUrl: string): FastifyHttpOptions<Server> {
  return {
    bodyLimit: bodyBytesMaxDefault,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    connectionTimeout: connectionTimeoutMs,
    routerOptions: { maxParamLength: pathSegmentCharactersMax },
    http: {
      maxHeaderSize: headersBytesMax,
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: timeoutCheckIntervalMs,
      insecureHTTPParser: false,
      // Node's own refusal has none of our headers; `refuse-headers.ts` asks for it instead.
      requireHostHeader: false,
    },
    clientErrorHandler(error, socket) {
      refuseBrokenRequest(publicUrl, error, socket);
    },
  };
}

/** What Node would do in a way of its own. */
export function boundServer(server: Server): void {
  server.maxHeadersCount = headersCountMax;
  // An expectation that nobody knows may be passed over (RFC 9110 section 10.1.1); Node's refusal
  // would have none of our headers.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}

/** What Node's parser turns down never becomes a request, so the answer is written by hand. */
function refuseBrokenRequest(
  publicUrl: string,
  error: Error & { code?: string },
  socket: Socket,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = codeOfParserError(error.code);
  const { status, title, whatToDo } = errorTable[code];
  const requestId = makeId('req');
  const body = JSON.stringify(makeProblem({ publicUrl, requestId }, code, whatToDo));
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    `Content-Type: ${problemMediaType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Request-Id: ${requestId}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    'Referrer-Policy: no-referrer',
    'Connection: close',
  ];
  // One write and an end: what else comes on this socket can no longer be told apart.
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function codeOfParserError(code: string | undefined): ErrorCode {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return 'headers_too_large';
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'request_timeout';
    default:
      return 'request_malformed';
  }
}
