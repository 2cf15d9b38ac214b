/**
 * What a Kafka client's error comes to. The library nests causes several deep: every error of a
 * tree is looked at, and the first that says something decides.
 */
import type { OutgoingRecord } from './record.ts';

export type TroubleKind =
  /** The login or the access was refused. */
  | 'refused'
  | 'unknown_topic'
  /** The record itself is what the broker does not take. */
  | 'record_refused'
  | 'unreachable'
  | 'other';

export class KafkaTrouble extends Error {
  override readonly name = 'KafkaTrouble';
  readonly kind: TroubleKind;
  /** Records of a request that failed, which lie on their topics all the same. */
  readonly written: ReadonlySet<OutgoingRecord>;

  constructor(
    kind: TroubleKind,
    message: string,
    cause: unknown,
    written: ReadonlySet<OutgoingRecord> = new Set(),
  ) {
    super(message, { cause });
    this.kind = kind;
    this.written = written;
  }
}

interface Part {
  readonly code?: unknown;
  readonly apiId?: unknown;
  readonly message?: unknown;
  readonly hostname?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
  /** What a broker answered that refused a part of a request. */
  readonly response?: ProduceAnswer;
  /** What other brokers answered, that took theirs. */
  readonly produced?: { readonly offsets?: readonly Place[] };
}

interface ProduceAnswer {
  readonly responses?: readonly {
    readonly name: string;
    readonly partitionResponses?: readonly { readonly index: number; readonly errorCode: number }[];
  }[];
}

interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** Far more than any error of the library has. */
const partsMax = 200;

const recordRefusals = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD'];
const authorizations = [
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
];
const unreachableCodes = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'PLT_KFK_NETWORK',
  'PLT_KFK_TIMEOUT',
];

export function readTrouble(error: unknown): KafkaTrouble {
  if (error instanceof KafkaTrouble) return error;
  const parts = partsOf(error);
  const has = (words: readonly string[], field: 'code' | 'apiId'): boolean =>
    parts.some((part) => words.includes(String(part[field])));
  const says = (words: RegExp): boolean => parts.some((part) => words.test(String(part.message)));
  const isOtherProtocol =
    says(/^Broker requires TLS|^TLS handshake failed/) ||
    has(['ILLEGAL_SASL_STATE'], 'apiId') ||
    (has(['PLT_KFK_AUTHENTICATION'], 'code') && says(/^Connection closed/));
  if (isOtherProtocol) return new KafkaTrouble('unreachable', otherProtocol, error);
  if (has(['PLT_KFK_AUTHENTICATION'], 'code') || has(['SASL_AUTHENTICATION_FAILED'], 'apiId')) {
    const sentence =
      'The broker refused the login. Correct the user, the password or the mechanism.';
    return new KafkaTrouble('refused', sentence, error);
  }
  if (has(authorizations, 'apiId')) {
    const sentence = 'The broker refused access to a topic or the group. Grant it to the user.';
    return new KafkaTrouble('refused', sentence, error);
  }
  if (has(['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID'], 'apiId') || says(/^Unknown topic/)) {
    return new KafkaTrouble('unknown_topic', 'The broker has no such topic. Create it.', error);
  }
  if (has(recordRefusals, 'apiId')) {
    return new KafkaTrouble('record_refused', 'The broker does not take this record.', error);
  }
  const certificate = parts.find(({ code }) => /CERT|SELF_SIGNED|SSL|TLS/.test(String(code)));
  if (certificate !== undefined) {
    return new KafkaTrouble('unreachable', certificateSentence(String(certificate.code)), error);
  }
  if (has(unreachableCodes, 'code')) {
    return new KafkaTrouble('unreachable', unreachableSentence(parts), error);
  }
  const named = parts.find(({ apiId }) => typeof apiId === 'string');
  const which = named === undefined ? '' : ` (${String(named.apiId)})`;
  return new KafkaTrouble('other', `The broker answered with an error${which}.`, error);
}

const otherProtocol =
  'A broker is there, and does not speak as WATCHWORD_KAFKA_SECURITY_PROTOCOL says. Set it to ' +
  'what the listener of WATCHWORD_KAFKA_BROKERS has.';

function certificateSentence(code: string): string {
  const told = `The broker's certificate was not accepted (${code}). `;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `${told}Reach the broker by a name that stands in the certificate.`;
  }
  if (code === 'CERT_HAS_EXPIRED') return `${told}Renew it.`;
  return `${told}Set WATCHWORD_KAFKA_CA_FILE to the file of the authority that signed it.`;
}

function unreachableSentence(parts: readonly Part[]): string {
  const unknown = parts.find(({ code }) => code === 'ENOTFOUND' || code === 'EAI_AGAIN');
  if (typeof unknown?.hostname === 'string') {
    return (
      `No broker can be reached: the name ${unknown.hostname} is not known here. It stands in ` +
      'WATCHWORD_KAFKA_BROKERS, or is what a broker calls itself (advertised.listeners).'
    );
  }
  const isClosed = parts.some(({ message }) => message === 'Connection closed');
  return isClosed
    ? 'No broker can be reached: one closed the connection. It stops, or speaks otherwise than ' +
        'WATCHWORD_KAFKA_SECURITY_PROTOCOL says.'
    : 'No broker can be reached. Start one, or correct WATCHWORD_KAFKA_BROKERS, or the addresses ' +
        'that the brokers tell of themselves (advertised.listeners).';
}

/** Whether it is this one topic that the user may not see, and not the login or the group. */
export function refusesTopic(error: unknown): boolean {
  return partsOf(error).some(({ apiId }) => apiId === 'TOPIC_AUTHORIZATION_FAILED');
}

/** The partitions, as `topic:partition`, that a request to write has reached although it failed. */
export function partitionsWritten(error: unknown): ReadonlySet<string> {
  const written = new Set<string>();
  for (const { response, produced } of partsOf(error)) {
    for (const { topic, partition } of produced?.offsets ?? [])
      written.add(`${topic}:${partition}`);
    for (const { name, partitionResponses = [] } of response?.responses ?? []) {
      for (const { index, errorCode } of partitionResponses) {
        if (errorCode === 0) written.add(`${name}:${index}`);
      }
    }
  }
  return written;
}

function partsOf(error: unknown): readonly Part[] {
  const found: Part[] = [];
  const waiting: unknown[] = [error];
  while (waiting.length > 0 && found.length < partsMax) {
    const next = waiting.shift();
    if (typeof next !== 'object' || next === null || found.includes(next)) continue;
    const part: Part = next;
    found.push(part);
    if (Array.isArray(part.errors)) waiting.push(...part.errors);
    waiting.push(part.cause);
  }
  return found;
}
