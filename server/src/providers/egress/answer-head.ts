/** The status line and the header fields of an answer (RFC 9112 sections 4 and 5). */
export interface AnswerHead {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** Of the transfer, in lower case; null where the body is sent as it is. */
  readonly coding: string | null;
  /** Every length that is told. */
  readonly lengths: readonly string[];
  /** Whether the other side keeps the connection for another request. */
  readonly isKept: boolean;
  /** How long it keeps an idle connection; infinite where it does not say. */
  readonly keepAliveSeconds: number;
}

/** By names in lower case; a list where a field stands more than once. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

const statusLine = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const fieldName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const keepAliveTimeout = /^timeout[\t ]*=[\t ]*"?([0-9]{1,9})"?$/;
const noFieldValue = /[^\t\x20-\x7e\x80-\xff]/;

/** Null for what is no head of an answer. `text` ends before the empty line. */
export function readAnswerHead(text: string): AnswerHead | null {
  const [first = '', ...lines] = text.split('\r\n');
  const [, version, status] = statusLine.exec(first) ?? [];
  if (status === undefined) return null;
  // Without a prototype, so that no name of a field means anything but itself.
  const headers: Record<string, string | string[]> = Object.create(null);
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    const value = withoutBlanks(line, colon + 1);
    if (!fieldName.test(name) || noFieldValue.test(value)) return null;
    const key = name.toLowerCase();
    const known = headers[key];
    headers[key] = known === undefined ? value : [known, value].flat();
  }
  const { connection, 'keep-alive': keepAlive } = headers;
  const { 'transfer-encoding': coding, 'content-length': length } = headers;
  return {
    status: Number(status),
    headers,
    coding: coding === undefined ? null : lowered(coding),
    lengths: length === undefined ? [] : [length].flat(),
    isKept: version === '1' && !(connection !== undefined && saysClose(connection)),
    keepAliveSeconds: keepAlive === undefined ? Number.POSITIVE_INFINITY : shortest(keepAlive),
  };
}

/** Without the blanks around it (RFC 9110 5.6.3): `trim` would hide line breaks and others too. */
function withoutBlanks(line: string, begin: number): string {
  let from = begin;
  let to = line.length;
  while (from < to && isBlank(line, from)) from++;
  while (to > from && isBlank(line, to - 1)) to--;
  return line.slice(from, to);
}

function isBlank(line: string, at: number): boolean {
  return line[at] === ' ' || line[at] === '\t';
}

function lowered(value: string | string[]): string {
  return [value].flat().join(',').toLowerCase();
}

function saysClose(connection: string | string[]): boolean {
  return options(connection).includes('close');
}

/** The shortest `timeout` of a Keep-Alive field: no RFC defines it, but many servers send it. */
function shortest(keepAlive: string | string[]): number {
  const seconds = options(keepAlive).map((option) => keepAliveTimeout.exec(option)?.[1]);
  return Math.min(...seconds.filter((told) => told !== undefined).map(Number));
}

function options(value: string | string[]): string[] {
  return lowered(value)
    .split(',')
    .map((option) => option.trim());
}
