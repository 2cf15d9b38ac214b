import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type ConnectionTarget, parseConnectionUrl } from '#storage/postgres/connection-url.ts';

function read(url: string): ConnectionTarget {
  const reading = parseConnectionUrl(url);
  assert.ok(reading.ok, `${url}: ${reading.ok ? '' : reading.error}`);
  return reading.value;
}

function complaint(url: string): string {
  const reading = parseConnectionUrl(url);
  assert.ok(!reading.ok, `${url} was taken`);
  return reading.error;
}

test('every part of an address is read, and what is not said has its default', () => {
  assert.deepEqual(read('postgres://ana@db.example/shop'), {
    host: 'db.example',
    port: 5432,
    user: 'ana',
    password: null,
    database: 'shop',
    applicationName: 'watchword',
    connectTimeoutSeconds: 5,
    tls: { mode: 'require', rootCertificateFile: null, certificateFile: null, keyFile: null },
  });
  assert.deepEqual(
    read(
      'postgresql://ana:s%40cret@[2001:db8::1]:6543/a%2Fb?sslmode=verify-full&sslrootcert=/ca.pem' +
        '&sslcert=/me.pem&sslkey=/me.key&application_name=shop%201&connect_timeout=9',
    ),
    {
      host: '2001:db8::1',
      port: 6543,
      user: 'ana',
      password: 's@cret',
      database: 'a/b',
      applicationName: 'shop 1',
      connectTimeoutSeconds: 9,
      tls: {
        mode: 'verify-full',
        rootCertificateFile: '/ca.pem',
        certificateFile: '/me.pem',
        keyFile: '/me.key',
      },
    },
  );
});

test('any user, password and database can be written percent-encoded', () => {
  const word = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' });
  const usable = word.filter((text) => !text.includes('\0') && text.isWellFormed());
  fc.assert(
    fc.property(usable, usable, usable, (user, password, database) => {
      const [one, two, three] = [user, password, database].map(encodeURIComponent);
      const target = read(`postgres://${one}:${two}@localhost/${three}`);
      assert.deepEqual([target.user, target.password, target.database], [user, password, database]);
    }),
  );
});

test('a password that is not percent-encoded is told so, and is shown by no error', () => {
  const marks = ['@', '/', '#', '?', '%', '%zz', ' ', '\n', '%00', '%ff', '@a/', '?a=1&b@', '/@:'];
  for (const mark of marks) {
    const error = complaint(`postgres://ana:XQ${mark}ZV@db.example/shop`);
    assert.match(error, /percent-encoded/, mark);
    assert.doesNotMatch(error, /XQ|ZV/, mark);
  }
  fc.assert(
    fc.property(fc.string({ maxLength: 30 }), (middle) => {
      const reading = parseConnectionUrl(`postgres://ana:qqqQ${middle}Qqqq@db.example/shop`);
      assert.ok(reading.ok || !/qqqQ|Qqqq/.test(reading.error));
    }),
  );
});

const hostOf: readonly (readonly [string, string, number])[] = [
  ['postgres://ana@localhost:1/shop', 'localhost', 1],
  ['postgres://ana:@127.0.0.1:65535/shop', '127.0.0.1', 65_535],
  ['postgres://ana@/shop?host=/run/postgresql', '/run/postgresql', 5432],
  ['postgres://ana@:6432/shop?host=/run/postgresql', '/run/postgresql', 6432],
  ['postgres://ana@%2Frun%2Fpostgresql/shop', '/run/postgresql', 5432],
  ['postgres://ana@[::1]/shop', '::1', 5432],
];

test('a name, an address and the folder of a socket lead to a server', () => {
  for (const [url, host, port] of hostOf) {
    const target = read(url);
    assert.deepEqual([target.host, target.port, target.tls.mode], [host, port, 'disable'], url);
  }
});

const tlsOf: readonly (readonly [string, ConnectionTarget['tls']['mode']])[] = [
  ['localhost/shop?sslmode=require', 'require'],
  ['localhost/shop?sslrootcert=/ca.pem', 'verify-ca'],
  ['db/shop?sslmode=disable', 'disable'],
  ['db/shop?sslmode=require', 'require'],
  ['db/shop?sslmode=require&sslrootcert=/ca.pem', 'verify-ca'],
  ['db/shop?sslmode=verify-ca', 'verify-ca'],
  ['db/shop?sslmode=verify-full&sslrootcert=system', 'verify-full'],
  ['127.0.0.1.example.com/shop', 'require'],
];

test('nothing leaves this machine in plain text unless sslmode=disable says so', () => {
  for (const [rest, mode] of tlsOf) {
    assert.equal(read(`postgres://ana@${rest}`).tls.mode, mode, rest);
  }
  const { tls } = read('postgres://ana@db/shop?sslmode=verify-full&sslrootcert=system');
  assert.equal(tls.rootCertificateFile, null);
});

const refused: readonly (readonly [string, RegExp])[] = [
  ['', /^must look like/],
  ['mysql://ana@db/shop', /^must look like/],
  ['db.example/shop', /^must look like/],
  [`postgres://ana@db/${'x'.repeat(5000)}`, /^must look like/],
  ['postgres://db/shop', /^names no user/],
  ['postgres://:secret@db/shop', /^names no user/],
  ['postgres://ana@db', /^names no database/],
  ['postgres://ana@db/', /^names no database/],
  ['postgres://ana@db/a/b', /percent-encoded/],
  ['postgres://ana@/shop', /^names no server/],
  ['postgres://ana@[::1/shop', /percent-encoded/],
  ['postgres://ana@[localhost]/shop', /^names no server/],
  ['postgres://ana@::1/shop', /has a port/],
  ['postgres://ana@db:0/shop', /has a port/],
  ['postgres://ana@db:65536/shop', /has a port/],
  ['postgres://ana@db:x/shop', /has a port/],
  ['postgres://ana@db:/shop', /has a port/],
  ['postgres://ana@one,two/shop', /several servers.*primary/],
  ['postgres://ana@one:5432,two:5432/shop', /several servers/],
  ['postgres://ana@db/shop?host=/run', /host and a parameter/],
  ['postgres://ana@/shop?host=other', /no folder/],
  ['postgres://ana@db/shop?sslmode=prefer', /allow and prefer fall back/],
  ['postgres://ana@db/shop?sslmode=', /"sslmode"/],
  ['postgres://ana@db/shop?sslmode=require&sslmode=disable', /twice/],
  ['postgres://ana@db/shop?sslcert=/me.pem', /only one of/],
  ['postgres://ana@db/shop?sslmode=disable&sslrootcert=/ca.pem', /not used/],
  ['postgres://ana@db/shop?sslrootcert=', /empty "sslrootcert"/],
  ['postgres://ana@db/shop?target_session_attrs=any', /"target_session_attrs".*Known are host/],
  ['postgres://ana@db/shop?constructor=1', /"constructor"/],
  ['postgres://ana@db/shop?options=-c%20x', /"options"/],
  ['postgres://ana@db/shop?connect_timeout=0', /1 to 60/],
  ['postgres://ana@db/shop?connect_timeout=61', /1 to 60/],
  ['postgres://ana@db/shop?application_name=%C3%A4', /printable ASCII/],
];

test('what libpq would guess or ignore is refused with the end of a sentence', () => {
  for (const [url, error] of refused) {
    assert.match(complaint(url), error, url);
    assert.doesNotMatch(complaint(url), /\.$/, url);
  }
});
