import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AnswerReader, headBytesMax } from './answer-reader.ts';

const bodyBytesMax = 100;

/** Pushes the pieces until the answer ends; `more` when it did not. */
function read(...pieces: (string | Buffer)[]) {
  const reader = new AnswerReader(bodyBytesMax);
  let progress: ReturnType<AnswerReader['push']> = 'more';
  for (const piece of pieces) {
    if (progress !== 'more') break;
    progress = reader.push(Buffer.from(piece as string, 'latin1'));
  }
  return { reader, progress };
}

const length5 = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

const answers: readonly (readonly [
  name: string,
  text: string,
  status: number,
  body: string,
  isKept: boolean,
])[] = [
  ['a length', length5, 200, 'hello', true],
  ['no reason', 'HTTP/1.1 200\r\ncontent-length:5 \t \r\n\r\nhello', 200, 'hello', true],
  [
    'one length twice',
    'HTTP/1.1 201 Made\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\nok',
    201,
    'ok',
    true,
  ],
  ['an empty body', 'HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n', 500, '', true],
  ['no content', 'HTTP/1.1 204 No Content\r\n\r\n', 204, '', true],
  ['no content and length 0', 'HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n', 204, '', true],
  ['no content with a length', 'HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n', 304, '', false],
  ['no content in chunks', 'HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n', 204, '', false],
  [
    'chunks',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n' +
      '00A;x=y\r\n, everyone\r\n0\r\n\r\n',
    200,
    'hello, everyone',
    true,
  ],
  [
    'chunks and a trailer',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\n!\r\n0\r\nDigest: x\r\nA: b\r\n\r\n',
    200,
    '!',
    true,
  ],
  [
    'interim answers first',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n${length5}`,
    200,
    'hello',
    true,
  ],
  [
    'a wish to close',
    'HTTP/1.1 200 OK\r\nConnection: Upgrade, Close\r\nContent-Length: 2\r\n\r\nok',
    200,
    'ok',
    false,
  ],
  ['an older version', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', 200, 'ok', false],
];

for (const [name, text, status, body, isKept] of answers) {
  test(`an answer with ${name} is read, however it is cut into pieces`, () => {
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 8 }), (cuts) => {
        const at = [0, ...cuts.sort((first, second) => first - second), text.length];
        const pieces = at.slice(1).map((end, index) => text.slice(at[index], end));
        const { reader, progress } = read(...pieces.filter((piece) => piece !== ''));
        assert.deepEqual(
          [progress, reader.status, reader.body(), reader.isKept],
          ['done', status, body, isKept],
        );
      }),
    );
  });
}

test('a body without a length goes on to the end of the connection, which is then used up', () => {
  const { reader, progress } = read('HTTP/1.1 200 OK\r\n\r\n', 'hel', 'lo');
  assert.deepEqual([progress, reader.end(), reader.body()], ['more', 'done', 'hello']);
  assert.equal(reader.isKept, false);
});

test('an answer that ends before its length is broken', () => {
  const { reader, progress } = read(length5.slice(0, -1));
  assert.deepEqual([progress, reader.end(), reader.status], ['more', 'broken', 200]);
});

const keepAlives: readonly (readonly [fields: string, seconds: number])[] = [
  ['', Number.POSITIVE_INFINITY],
  ['Keep-Alive: timeout=5\r\n', 5],
  ['Keep-Alive: max=100, Timeout = "7"\r\n', 7],
  ['Keep-Alive: timeout=9\r\nKeep-Alive: timeout=3\r\n', 3],
  ['Keep-Alive: timeout=0\r\n', 0],
  ['Keep-Alive: timeout=-1, x-timeout=2, timeout=soon\r\n', Number.POSITIVE_INFINITY],
];

for (const [fields, seconds] of keepAlives) {
  test(`an idle connection is kept for ${seconds} s after "${fields.trim()}"`, () => {
    const { reader } = read(`HTTP/1.1 200 OK\r\n${fields}Content-Length: 0\r\n\r\n`);
    assert.deepEqual([reader.isKept, reader.keepAliveSeconds], [true, seconds]);
  });
}

test('a field that stands twice is a list, and no name reaches the prototype', () => {
  const { reader } = read(
    'HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: 2 \r\n__proto__: 3\r\nContent-Length: 0\r\n\r\n',
  );
  assert.deepEqual(reader.headers['x-a'], ['1', '2']);
  assert.deepEqual(Object.entries(reader.headers).at(1), ['__proto__', '3']);
  assert.equal(reader.headers['constructor'], undefined);
});

const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

const refused: readonly (readonly [name: string, text: string, progress: string])[] = [
  ['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n', 'broken'],
  ['another version', 'HTTP/2.0 200 OK\r\n\r\n', 'broken'],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', 'broken'],
  ['a switch of protocols', 'HTTP/1.1 101 Up\r\n\r\n', 'broken'],
  ['lines that end otherwise', 'HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n', 'broken'],
  ['a folded line', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n', 'broken'],
  ['a blank before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n', 'broken'],
  ['a line without a colon', 'HTTP/1.1 200 OK\r\nContent-Length\r\n\r\n', 'broken'],
  ['a control character', 'HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n', 'broken'],
  ['a line that ends twice', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\r\n\r\n', 'broken'],
  ['a line break before a value', 'HTTP/1.1 200 OK\r\nA:\nContent-Length: 5\r\n\r\n', 'broken'],
  ['a vertical tab', `HTTP/1.1 200 OK\r\nTransfer-Encoding:\vchunked\r\n\r\n`, 'broken'],
  ['a blank of no HTTP', 'HTTP/1.1 200 OK\r\nContent-Length: 5\xa0\r\n\r\n', 'broken'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n', 'broken'],
  ['two lengths in one', 'HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n', 'broken'],
  ['a length with a sign', 'HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n', 'broken'],
  ['an empty length', 'HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n', 'broken'],
  [
    'chunks and a length',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
    'broken',
  ],
  ['another coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n', 'broken'],
  ['a chunk of no size', `${chunked}\r\n`, 'broken'],
  ['a chunk with a sign', `${chunked}+5\r\n`, 'broken'],
  ['a chunk beyond all bounds', `${chunked}fffffffff\r\n`, 'broken'],
  ['a chunk that does not end', `${chunked}1\r\nab`, 'more'],
  ['a chunk that ends otherwise', `${chunked}1\r\nabc`, 'broken'],
  ['an endless chunk line', `${chunked}1;${'x'.repeat(300)}`, 'broken'],
  ['an endless trailer', `${chunked}0\r\n${'a: b\r\n'.repeat(4_000)}`, 'broken'],
  ['an endless head', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(4_000)}`, 'headers_too_large'],
  [
    'a head just too long',
    `HTTP/1.1 200 OK\r\na: ${'b'.repeat(headBytesMax)}\r\n\r\n`,
    'headers_too_large',
  ],
  ['endless interim answers', 'HTTP/1.1 102 On\r\n\r\n'.repeat(1_000), 'headers_too_large'],
  ['an interim answer alone', 'HTTP/1.1 100 Continue\r\n\r\n', 'more'],
  ['a body beyond what is kept', `${chunked}65\r\n${'x'.repeat(101)}`, 'full'],
  ['more behind it', `${length5}HTTP/1.1 200 OK\r\n`, 'over'],
  ['more behind no content', 'HTTP/1.1 204 No\r\n\r\nx', 'over'],
  ['more behind its chunks', `${chunked}0\r\n\r\nx`, 'over'],
];

for (const [name, text, expected] of refused) {
  test(`an answer with ${name} is not taken for a whole one`, () => {
    assert.equal(read(text).progress, expected);
  });
}

test('whatever bytes arrive, reading them ends and keeps no more than its bound', () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.constantFrom(...refused.map(([, text]) => text), ...answers.map(([, text]) => text)),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
      const { reader } = read(...pieces.map((bytes) => Buffer.from(bytes as string, 'latin1')));
      assert.ok(reader.body().length <= bodyBytesMax);
    }),
  );
});
