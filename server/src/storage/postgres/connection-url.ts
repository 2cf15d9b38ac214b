/**
 * Reads the address of a PostgreSQL database, as libpq writes it
 * (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS), strictly:
 * what libpq would guess has to be said, and what would be ignored is refused. No error repeats a
 * part of the address, because any part may be a piece of the password.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { ok, type Result } from '#domain/refusal.ts';

/** As in libpq; `prefer` and `allow` are not among them, since they fall back to plain text. */
export type TlsMode = 'disable' | 'require' | 'verify-ca' | 'verify-full';

export interface TlsSettings {
  readonly mode: TlsMode;
  /** The authorities that are trusted; null for those that come with Node. */
  readonly rootCertificateFile: string | null;
  readonly certificateFile: string | null;
  readonly keyFile: string | null;
}

export interface ConnectionTarget {
  /** A name, an address, or the folder of a Unix socket, which begins with a slash. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | null;
  readonly database: string;
  readonly applicationName: string;
  readonly connectTimeoutSeconds: number;
  readonly tls: TlsSettings;
}

const lengthMax = 4_096;
const shape = 'postgres://user:password@host:5432/database';
const modes: readonly TlsMode[] = ['disable', 'require', 'verify-ca', 'verify-full'];

/** Every parameter after the question mark, with what it has to be. */
const parameters: Readonly<Record<string, RegExp>> = {
  host: /^\//,
  sslmode: new RegExp(`^(?:${modes.join('|')})$`),
  sslrootcert: /./,
  sslcert: /./,
  sslkey: /./,
  // PostgreSQL keeps 63 bytes of it, and shows other characters as question marks.
  application_name: /^[ -~]{1,63}$/,
  connect_timeout: /^(?:[1-9]|[1-5]\d|60)$/,
};

const problems = {
  shape: `must look like ${shape}`,
  odd:
    'holds a character that must be written percent-encoded in a user name or a password: ' +
    '% as %25, @ as %40, / as %2F, : as %3A, # as %23, ? as %3F, a space as %20',
  hosts:
    'names several servers. Name one: the primary, or an address that always leads to the primary',
  host: `names no server. Write it as ${shape}, or add ?host=/folder/of/the/socket`,
  socket:
    'has a host and a parameter "host". Keep the host, or the parameter with the folder of the ' +
    'Unix socket',
  port: 'has a port that is no number from 1 to 65535',
  user: `names no user. Write it as ${shape}`,
  database: `names no database. Write it as ${shape}`,
  twice: 'has a parameter twice. Remove one of the two',
  mode:
    'has an "sslmode" that is not one of disable, require, verify-ca and verify-full. The modes ' +
    'allow and prefer fall back to plain text unseen, so one has to be chosen',
  pair: 'has only one of "sslcert" and "sslkey". A client certificate takes both',
  unusedTls: 'has a certificate that is not used with sslmode=disable. Remove one of the two',
} as const;

const urlPattern = new RegExp(
  [
    '^postgres(?:ql)?://(?:(?<credentials>[^/?]*)@)?(?<place>[^/?@]*)',
    '(?:/(?<path>[^?]*))?(?:\\?(?<query>.*))?$',
  ].join(''),
  's',
);

/** The error is the end of "<the setting> …". */
export function parseConnectionUrl(url: string): Result<ConnectionTarget, string> {
  if (url.length > lengthMax) return problem('shape');
  // Everything up to the last @ before a slash is the user's, so that a raw @ or : is seen there.
  const parts = urlPattern.exec(url)?.groups;
  if (parts === undefined) {
    return problem(/^postgres(ql)?:\/\//.test(url) ? 'odd' : 'shape');
  }
  const { credentials = '', place = '', path = '', query = '' } = parts;
  // An @ behind the question mark is the one of the server, after a password with a raw `?`.
  const rest = [credentials, place, path, query].join('');
  if (/[@#\s\p{Cc}]/u.test(rest) || path.includes('/')) return problem('odd');
  const given = readParameters(query);
  if (!given.ok) return given;
  const server = readServer(place, given.value['host']);
  if (!server.ok) return server;
  const who = readCredentials(credentials);
  if (!who.ok) return who;
  const database = decode(path);
  if (database === null) return problem('odd');
  if (database === '') return problem('database');
  const tls = readTls(given.value, server.value.host);
  if (!tls.ok) return tls;
  return ok({
    ...server.value,
    ...who.value,
    database,
    applicationName: given.value['application_name'] ?? 'watchword',
    connectTimeoutSeconds: Number(given.value['connect_timeout'] ?? 5),
    tls: tls.value,
  });
}

function problem(name: keyof typeof problems): { readonly ok: false; readonly error: string } {
  return { ok: false, error: problems[name] };
}

/** Null for what is not percent-encoded UTF-8, or holds a NUL, which ends a text in PostgreSQL. */
function decode(text: string): string | null {
  try {
    const decoded = decodeURIComponent(text);
    return decoded.includes('\0') ? null : decoded;
  } catch {
    return null;
  }
}

function readParameters(query: string): Result<Readonly<Record<string, string>>, string> {
  const given: Record<string, string> = {};
  for (const pair of query.split('&').filter((one) => one !== '')) {
    const [name = '', value = ''] = pair.split(/=(.*)/s).map((half) => decode(half));
    if (name === null || value === null) return problem('odd');
    const wanted = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (wanted === undefined) return unknownParameter(name);
    if (Object.hasOwn(given, name)) return problem('twice');
    if (!wanted.test(value)) return { ok: false, error: badParameter(name) };
    given[name] = value;
  }
  return ok(given);
}

function unknownParameter(name: string): { readonly ok: false; readonly error: string } {
  const known = Object.keys(parameters).join(', ');
  const shown = JSON.stringify(name).slice(0, 40);
  const error = `has a parameter ${shown} that Watchword does not know. Known are ${known}`;
  return { ok: false, error };
}

function badParameter(name: string): string {
  switch (name) {
    case 'host':
      return 'has a parameter "host" that is no folder. It is for a Unix socket: /run/postgresql';
    case 'sslmode':
      return problems.mode;
    case 'connect_timeout':
      return 'has a "connect_timeout" that is no whole number of seconds from 1 to 60';
    case 'application_name':
      return 'has an "application_name" that is not 1 to 63 printable ASCII characters';
    default:
      return `has an empty "${name}". Give the path of a file`;
  }
}

type Server = Pick<ConnectionTarget, 'host' | 'port'>;

function readServer(place: string, socket: string | undefined): Result<Server, string> {
  if (place.includes(',')) return problem('hosts');
  const parts = /^(?<name>\[[^[\]]*\]|[^:[\]]*)(?::(?<port>.*))?$/.exec(place)?.groups;
  // A colon too many is a password without the @ behind it.
  if (parts === undefined) return problem('odd');
  const { name = '', port = '5432' } = parts;
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  if (number < 1 || number > 65_535) return problem('port');
  if (socket !== undefined) {
    return name === '' ? ok({ host: socket, port: number }) : problem('socket');
  }
  const host = decode(name);
  if (host === null || host === '') return problem('host');
  if (!host.startsWith('[')) return ok({ host, port: number });
  const address = host.slice(1, -1);
  return isIPv6(address) ? ok({ host: address, port: number }) : problem('host');
}

function readCredentials(
  text: string,
): Result<Pick<ConnectionTarget, 'user' | 'password'>, string> {
  // A second colon is the password's own, as in libpq.
  const [rawUser = '', rawPassword] = text.split(/:(.*)/s);
  const user = decode(rawUser);
  const password = rawPassword === undefined || rawPassword === '' ? null : decode(rawPassword);
  if (user === null || (password === null && rawPassword)) return problem('odd');
  return user === '' ? problem('user') : ok({ user, password });
}

/**
 * Without `sslmode` nothing leaves this machine in plain text, and nothing on it is encrypted. As
 * in libpq, `require` with a root certificate checks what it was given.
 */
function readTls(
  given: Readonly<Record<string, string>>,
  host: string,
): Result<TlsSettings, string> {
  const { sslrootcert, sslcert, sslkey } = given;
  if ((sslcert === undefined) !== (sslkey === undefined)) return problem('pair');
  const hasCertificate = (sslrootcert ?? sslcert) !== undefined;
  const said = modes.find((one) => one === given['sslmode']);
  if (said === 'disable' && hasCertificate) return problem('unusedTls');
  const mode = said ?? (isOnThisMachine(host) && !hasCertificate ? 'disable' : 'require');
  return ok({
    mode: mode === 'require' && sslrootcert !== undefined ? 'verify-ca' : mode,
    rootCertificateFile: sslrootcert === 'system' ? null : (sslrootcert ?? null),
    certificateFile: sslcert ?? null,
    keyFile: sslkey ?? null,
  });
}

function isOnThisMachine(host: string): boolean {
  const isLoopback = host === '::1' || (isIPv4(host) && host.startsWith('127.'));
  return host.startsWith('/') || host === 'localhost' || isLoopback;
}
