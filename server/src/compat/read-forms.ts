/** The two forms of HTML, as fields by their names. Of several of one name the first holds. */

/** Far more than any vendor's call has. */
const fieldsMax = 100;

export type Fields = Readonly<Record<string, string>>;

/** `application/x-www-form-urlencoded`, as URLs write their queries. */
export function readForm(body: Buffer): Fields {
  return gather(new URLSearchParams(body.toString('utf8')));
}

/**
 * `multipart/form-data` (RFC 7578). Files are passed over: no vendor's call here takes one. A body
 * without the boundary that its type names has no fields.
 */
export function readMultipart(body: Buffer, contentType: string): Fields {
  const boundary = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  const mark = boundary?.[1] ?? boundary?.[2];
  return mark === undefined ? {} : gather(partsOf(body, Buffer.from(`--${mark}`)));
}

function* partsOf(body: Buffer, mark: Buffer): Generator<readonly [string, string]> {
  let start = body.indexOf(mark);
  while (start >= 0) {
    const end = body.indexOf(mark, start + mark.length);
    if (end < 0) return;
    const field = readPart(body.subarray(start + mark.length, end).toString('utf8'));
    if (field !== null) yield field;
    start = end;
  }
}

/** Between two boundaries stand a line break, headers, an empty line, the value, a line break. */
function readPart(part: string): readonly [string, string] | null {
  const headersEnd = part.indexOf('\r\n\r\n');
  if (headersEnd < 0) return null;
  const headers = part.slice(0, headersEnd);
  const name = /^content-disposition:\s*form-data\b.*?;\s*name="([^"\r\n]*)"/im.exec(headers)?.[1];
  if (name === undefined || /;\s*filename\*?=/i.test(headers)) return null;
  return [name, part.slice(headersEnd + 4).replace(/\r\n$/, '')];
}

function gather(entries: Iterable<readonly [string, string]>): Fields {
  const fields = new Map<string, string>();
  for (const [name, value] of entries) {
    if (fields.size >= fieldsMax) break;
    if (!fields.has(name)) fields.set(name, value);
  }
  return Object.fromEntries(fields);
}
