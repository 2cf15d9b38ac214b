/**
 * What an error of PostgreSQL, of the network or of `pg` means, and what to do about it. The codes
 * are SQLSTATEs (https://www.postgresql.org/docs/current/errcodes-appendix.html) and those of Node.
 * `pg` throws some errors with a text alone; those texts are matched as its version 8 has them.
 */
import { getSystemErrorMap } from 'node:util';
import { StorageUnavailable } from '#service/ports.ts';

/** The database cannot be used as it is; the message is for the operator and says what to do. */
export class PostgresRefused extends Error {
  override readonly name = 'PostgresRefused';
}

export interface PostgresFault {
  /**
   * `unavailable`: nothing can be stored now, and trying later may help. `outdated`: so it is for
   * statements that were made for other tables. `conflict`: two transactions met, and doing it
   * again helps at once. `bug`: our own statement is wrong.
   */
  readonly kind: 'unavailable' | 'outdated' | 'conflict' | 'bug';
  /** What is wrong and what to do, for the operator. */
  readonly sentence: string;
  /** The connection is gone or in a state that nobody knows: close it, and open another. */
  readonly breaksConnection: boolean;
}

interface Rule {
  /** Whole codes, or the class that they begin with. */
  readonly codes: readonly string[];
  /** Where the text alone tells: of an error without a code, or of one whose code is shared. */
  readonly text?: RegExp;
  readonly kind?: PostgresFault['kind'];
  readonly sentence: string;
  readonly keepsConnection?: true;
}

const url = 'WATCHWORD_DATABASE_URL';
export const lostConnection =
  'The connection to the database was lost. It is made anew by the next request.';
const noFileLeft =
  'This machine has no file left for a connection. Raise the limit of open files (ulimit -n).';
const isBroken =
  'The network of this machine failed the connection. Look at the cause in the log, and at its ' +
  'network.';
const isSlow = 'The database took too long. Look for what keeps it busy or holds its locks.';

/** The first that fits. */
const rules: readonly Rule[] = [
  {
    codes: ['ECONNREFUSED', 'ENOENT'],
    sentence: `No PostgreSQL listens there. Start it, or correct ${url}.`,
  },
  {
    codes: ['ENOTFOUND', 'EAI_AGAIN'],
    sentence: `Its name leads to no address. Correct ${url}, or mend the name service.`,
  },
  {
    codes: ['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN'],
    sentence: `It does not answer. Correct ${url}, or open the way to it.`,
  },
  {
    codes: [],
    text: /^timeout expired$|terminated due to connection timeout/,
    sentence: `It does not answer. Correct ${url}, or open the way to it.`,
  },
  {
    codes: ['EACCES', 'EPERM'],
    sentence: `This user may not reach it. Mend the rights of the socket, or correct ${url}.`,
  },
  { codes: ['EMFILE', 'ENFILE'], sentence: noFileLeft },
  {
    codes: [],
    text: /^timeout exceeded when trying to connect/,
    sentence:
      'Every connection of this node to the database is in use. Look for what keeps the database ' +
      'busy, or run more nodes.',
    keepsConnection: true,
  },
  { codes: [], text: /^Query read timeout/, sentence: isSlow },
  {
    codes: [],
    text: /does not support SSL connections/,
    sentence:
      'The server takes no TLS. Switch TLS on there, or add sslmode=disable to ' +
      `${url} where the way to it is private.`,
  },
  {
    codes: [
      ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'CERT_UNTRUSTED'],
      ...['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT'],
      ...['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_SIGNATURE_FAILURE'],
    ],
    sentence:
      "The server's certificate is signed by nobody that is trusted here. Name the authority's " +
      `certificate with sslrootcert=/path in ${url}.`,
  },
  {
    codes: ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'],
    sentence: "The server's certificate is out of date. Renew it, or set the clock right.",
  },
  {
    codes: ['ERR_TLS_CERT_ALTNAME_INVALID'],
    sentence:
      "The server's certificate is for another name. Use that name in " +
      `${url}, or sslmode=verify-ca.`,
  },
  {
    codes: ['ERR_SSL', 'ERR_TLS', 'ERR_OSSL'],
    sentence:
      'TLS with the server failed. Look at its log, and at the certificate and the key that ' +
      `${url} names.`,
  },
  {
    codes: ['28000'],
    text: /no encryption|SSL off|certificate/,
    sentence:
      'The server wants TLS, or a client certificate. Add sslmode=require, or sslcert and ' +
      `sslkey, to ${url}.`,
  },
  {
    codes: ['28'],
    sentence: `The server refuses this user or its password. Correct ${url}, or pg_hba.conf there.`,
  },
  {
    codes: [],
    text: /^SASL/,
    sentence: `The password is missing or wrong for this server. Correct ${url}.`,
  },
  { codes: ['3D000'], sentence: `There is no such database. Make it, or correct ${url}.` },
  {
    codes: ['42501'],
    sentence:
      'The user of the database lacks a right. Make it the owner of the database, or grant it ' +
      'what it lacks.',
    keepsConnection: true,
  },
  {
    codes: ['53300'],
    text: /for (?:database|role)/,
    sentence:
      'The server allows this database or user no more connections. Raise its CONNECTION LIMIT, ' +
      'run fewer nodes, or put a pooler in between.',
  },
  {
    codes: ['53300'],
    sentence:
      'The server has no connection left. Raise max_connections there, run fewer nodes, or put a ' +
      'pooler in between.',
  },
  {
    codes: ['53100'],
    sentence: 'The disk of the database is full. Make room there.',
    keepsConnection: true,
  },
  {
    codes: ['53'],
    sentence: 'The database has run out of memory or of another resource. Look at its log.',
    keepsConnection: true,
  },
  {
    codes: ['57P03'],
    sentence: 'The database is starting, stopping or recovering. Wait until it takes connections.',
  },
  {
    // Statements of ours need no state of an object; a connection needs a database that takes it.
    codes: ['55000'],
    sentence:
      'The database takes no connections. Allow them again with ALTER DATABASE … ' +
      'ALLOW_CONNECTIONS true.',
  },
  { codes: ['57P', '08000', '08003', '08006', '25P03', '25P04'], sentence: lostConnection },
  {
    codes: ['08P01'],
    text: /transaction blocks not allowed/,
    sentence: 'PgBouncer is in statement mode there. Set pool_mode = transaction in its settings.',
  },
  {
    codes: ['08'],
    sentence:
      'The server, or a pooler in between, refuses the connection. Look at its log and at ' +
      `${url}.`,
  },
  { codes: ['57014', '55P03'], sentence: isSlow, keepsConnection: true },
  {
    codes: ['25006'],
    sentence:
      'The database takes no writes: it is a replica, or was set read-only. Point ' +
      `${url} at the primary.`,
  },
  {
    // The last is our own, raised where a statement found other rows than it was made for.
    codes: ['40001', '40P01', 'WW001'],
    kind: 'conflict',
    sentence: 'Two transactions met, and one gave way. Try again.',
    keepsConnection: true,
  },
  {
    // Statements were prepared for tables that a migration has changed since.
    codes: ['0A000'],
    text: /cached plan must not change result type/,
    sentence: lostConnection,
  },
  {
    // No table, column or function of that name; yet all were there when this program started.
    codes: ['42P01', '42703', '42883'],
    kind: 'outdated',
    sentence:
      'The tables are not as this version needs them: most likely a newer one has migrated the ' +
      'database. Install that version on this node.',
    keepsConnection: true,
  },
  {
    codes: ['26000', '42P05'],
    sentence:
      'A pooler mixes up the prepared statements of its clients. Set max_prepared_statements in ' +
      'PgBouncer 1.21 or newer, or restart this node, which then does without them.',
  },
  { codes: ['58', 'F0', 'XX001', 'XX002'], sentence: 'The database failed. Look at its log.' },
  {
    codes: ['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_STREAM', 'ERR_SOCKET'],
    sentence: lostConnection,
  },
  {
    codes: [],
    text: /^Connection terminated|is not queryable$|SSL connection$/,
    sentence: lostConnection,
  },
];

/** Names of all that an operating system may answer, such as EPROTO; no SQLSTATE is like them. */
const systemCodes = new Set([...getSystemErrorMap().values()].map(([name]) => name));
const systemFailed: Rule = { codes: [], sentence: isBroken };

/** What became of a call of `pg`. Anything that is not known is taken for a bug of ours. */
export function classifyPostgresError(error: unknown): PostgresFault {
  if (!(error instanceof Error)) return bug(String(error));
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  const known = rules.find((one) => fits(one, code, error.message));
  const rule = known ?? (code !== null && systemCodes.has(code) ? systemFailed : undefined);
  if (rule === undefined) return bug(error.message);
  return {
    kind: rule.kind ?? 'unavailable',
    sentence: rule.sentence,
    breaksConnection: rule.keepsConnection !== true,
  };
}

function fits({ codes, text }: Rule, code: string | null, message: string): boolean {
  if (codes.length > 0 && !codes.some((one) => code?.startsWith(one) === true)) return false;
  return text === undefined || text.test(message);
}

function bug(message: string): PostgresFault {
  return { kind: 'bug', sentence: message, breaksConnection: false };
}

/** As the port has it: `StorageUnavailable` where trying again later may help, or the error. */
export function asStorageError(error: unknown): unknown {
  const { kind, sentence } = classifyPostgresError(error);
  return kind === 'bug' ? error : new StorageUnavailable(sentence, { cause: error });
}
