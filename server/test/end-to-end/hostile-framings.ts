const chunked = 'Transfer-Encoding: chunked';

/** Bodies whose length can be read in two ways (security.md, D-06): headers, and what follows. */
export const ambiguousBodies: Readonly<
  Record<string, { readonly lines: readonly string[]; readonly body: string }>
> = {
  'a length and chunks': { lines: ['Content-Length: 4', chunked], body: '0\r\n\r\n' },
  'chunks and a length': { lines: [chunked, 'Content-Length: 4'], body: '0\r\n\r\n' },
  'chunks named with a blank': {
    lines: ['Content-Length: 4', 'Transfer-Encoding : chunked'],
    body: '0\r\n\r\n',
  },
  'chunks after a tab': { lines: ['Transfer-Encoding:\tchunked, x'], body: '0\r\n\r\n' },
  'chunks behind a vertical tab': { lines: ['Transfer-Encoding: \x0bchunked'], body: '0\r\n\r\n' },
  'chunks of another kind': { lines: ['Transfer-Encoding: xchunked'], body: '0\r\n\r\n' },
  'chunks and then none': { lines: ['Transfer-Encoding: chunked, identity'], body: '0\r\n\r\n' },
  'chunks, twice named': { lines: [chunked, 'Transfer-Encoding: cow'], body: '0\r\n\r\n' },
  'no encoding at all': { lines: ['Transfer-Encoding: identity'], body: '0\r\n\r\n' },
  'an empty encoding': { lines: ['Transfer-Encoding: '], body: '0\r\n\r\n' },
  'two lengths': { lines: ['Content-Length: 2', 'Content-Length: 4'], body: '{}' },
  'one length twice': { lines: ['Content-Length: 2', 'Content-Length: 2'], body: '{}' },
  'a signed length': { lines: ['Content-Length: +2'], body: '{}' },
  'a length below nothing': { lines: ['Content-Length: -2'], body: '{}' },
  'a length in sixteens': { lines: ['Content-Length: 0x2'], body: '{}' },
  'a length with an exponent': { lines: ['Content-Length: 2e0'], body: '{}' },
  'two lengths in one line': { lines: ['Content-Length: 2, 2'], body: '{}' },
  'a length of two words': { lines: ['Content-Length: 2 2'], body: '{}' },
  'an empty length': { lines: ['Content-Length: '], body: '{}' },
  'a length beyond all numbers': { lines: [`Content-Length: ${'9'.repeat(30)}`], body: '{}' },
  'a folded length': { lines: ['Content-Length:', ' 2'], body: '{}' },
  'a chunk of no size': { lines: [chunked], body: 'zz\r\n{}\r\n0\r\n\r\n' },
  'a chunk below nothing': { lines: [chunked], body: '-2\r\n{}\r\n0\r\n\r\n' },
  'a chunk with a prefix': { lines: [chunked], body: '0x2\r\n{}\r\n0\r\n\r\n' },
  'a chunk beyond all numbers': { lines: [chunked], body: `${'f'.repeat(17)}2\r\n{}\r\n` },
  'a chunk longer than it says': { lines: [chunked], body: '2\r\n{}  \r\n0\r\n\r\n' },
  'a chunk that ends in a line feed': { lines: [chunked], body: '2\n{}\n0\n\n' },
  'a chunk with a long extension': {
    lines: [chunked],
    body: `2;${'x'.repeat(40_000)}\r\n{}\r\n0\r\n\r\n`,
  },
};
