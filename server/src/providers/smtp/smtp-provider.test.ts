import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, before, type TestContext, test } from 'node:test';
import type { OutboundMessage, Provider } from '#service/provider-port.ts';
import {
  type Certificate,
  findAiosmtpd,
  type MailServerSettings,
  makeCertificate,
  type ReceivedMail,
  startAiosmtpd,
  type TestMailServer,
} from '../../../test/parts/aiosmtpd.ts';
import { type PartSearch, partOrSkip } from '../../../test/parts/part.ts';
import { createEgress, type Egress } from '../egress/egress.ts';
import { describeProvider, exampleMessage } from '../provider.contract.ts';
import { createSmtpProvider } from './smtp-provider.ts';
import type { SmtpSettings } from './smtp-settings.ts';

const password = 'p4ss wörd!';
const aiosmtpd = findAiosmtpd();
let certificate: PartSearch<Certificate>;
let egress: Egress;
let plainServer: TestMailServer | null = null;

before(async () => {
  certificate = makeCertificate();
  if (aiosmtpd.ok) plainServer = await startAiosmtpd(aiosmtpd.part, { security: 'none' });
});
after(async () => {
  if (certificate.ok) certificate.part.remove();
  await plainServer?.close();
});

function open(
  port: number,
  more: Partial<SmtpSettings> = {},
  environment: Record<string, string> = {},
): Provider {
  const settings: SmtpSettings = {
    name: 'mail',
    kind: 'smtp',
    host: '127.0.0.1',
    port,
    security: 'none',
    from: 'Example <codes@example.com>',
    timeoutMs: 10_000,
    ...more,
  };
  egress = createEgress({ allow: [`127.0.0.1:${port}`, `localhost:${port}`] });
  const made = createSmtpProvider(settings, { egress, environment });
  assert.ok(made.ok, made.ok ? '' : made.error.join('\n'));
  return made.value;
}

function mailMessage(more: Partial<OutboundMessage> = {}): OutboundMessage {
  return exampleMessage({
    channel: 'email',
    destination: 'ana@example.com',
    subject: 'Your secret code 739105',
    html: '<p>Your secret code is <b>739105</b></p>',
    ...more,
  });
}

/** Sends one mail to a server of its own, and answers what the mail client there sees. */
async function deliver(
  path: string,
  server: MailServerSettings,
  more: Partial<SmtpSettings>,
  message: OutboundMessage,
): Promise<{ outcome: Awaited<ReturnType<Provider['send']>>; mail: ReceivedMail | undefined }> {
  const mailServer = await startAiosmtpd(path, server);
  const provider = open(mailServer.port, more, { MAIL_PASSWORD: password });
  const outcome = await provider.send(message, AbortSignal.timeout(10_000));
  await provider.close();
  await mailServer.close();
  return { outcome, mail: mailServer.mails[0] };
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  await new Promise((done) => server.close(done));
  return address.port;
}

if (aiosmtpd.ok) {
  const localOf = {
    takes: 'ana',
    refuses: 'spam',
    silent: 'silent',
    'nobody-there': 'ana',
  } as const;
  describeProvider('smtp', async (scene) => {
    const server = await startAiosmtpd(aiosmtpd.part, { security: 'none' });
    const port = scene === 'nobody-there' ? await closedPort() : server.port;
    return {
      provider: open(port),
      message: mailMessage({ destination: `${localOf[scene]}@example.com` }),
      secrets: [],
      asked: server.contentCame,
      end: server.close,
    };
  });
}

function realTest(name: string, act: (context: TestContext, path: string) => Promise<void>): void {
  test(name, async (context) => {
    const path = partOrSkip(context, aiosmtpd);
    if (path !== null) await act(context, path);
  });
}

realTest('a mail client reads the mail as it was written', async (_context, path) => {
  const text = 'Grüße! Dein Code ist 739105 🎉\n.\n..\nFrom here on: keep it.';
  const html = '<p style="color:#333">Grüße! <b>739105</b> 🎉 &amp; mehr</p>';
  const subject =
    'Dein Code: 739105 – für Größe 🎉 und ein Betreff, der über mehrere Zeilen reicht';
  const message = mailMessage({ subject, text, html, language: 'de', sender: 'Bücher & Co' });
  const { outcome, mail } = await deliver(path, { security: 'none' }, {}, message);
  assert.deepEqual(outcome, {
    kind: 'accepted',
    providerMessageId: '<dl_01jexample@example.com>',
  });
  assert.ok(mail !== undefined);
  const headers = new Map(mail.headers.map(([name, value]) => [name.toLowerCase(), value]));
  assert.equal(headers.get('subject'), subject);
  assert.equal(headers.get('from'), 'Bücher & Co <codes@example.com>');
  assert.equal(headers.get('to'), 'ana@example.com');
  assert.equal(headers.get('message-id'), '<dl_01jexample@example.com>');
  assert.equal(headers.get('auto-submitted'), 'auto-generated');
  assert.equal(headers.get('content-language'), 'de');
  assert.ok(Math.abs(Date.parse(headers.get('date') ?? '') - Date.now()) < 60_000);
  assert.equal(mail.type, 'multipart/alternative');
  assert.equal(mail.plain?.replaceAll('\r\n', '\n').trimEnd(), text);
  assert.equal(mail.html?.trimEnd(), html);
  assert.deepEqual(
    [mail.envelopeFrom, mail.envelopeTo],
    ['codes@example.com', ['ana@example.com']],
  );
});

realTest('a mail without a second form is plain text', async (_context, path) => {
  const message = mailMessage({ html: null, subject: null, sender: null });
  const { mail } = await deliver(path, { security: 'none' }, {}, message);
  assert.equal(mail?.type, 'text/plain');
  assert.equal(mail?.html, null);
  assert.ok(mail?.headers.some(([name, value]) => name === 'From' && value.startsWith('Example ')));
});

realTest('nothing in a message adds a header or a recipient', async (_context, path) => {
  const message = mailMessage({
    subject: 'Code\r\nBcc: victim@example.com\r\n\r\nforged',
    sender: 'ACME <x@evil.example>, "',
    text: '\r\n.\r\nMAIL FROM:<x@evil.example>\r\n',
    language: 'en\r\nX-Evil: 1',
  });
  const { mail } = await deliver(path, { security: 'none' }, {}, message);
  assert.deepEqual(mail?.envelopeTo, ['ana@example.com']);
  const names = mail?.headers.map(([name]) => name.toLowerCase()) ?? [];
  assert.ok(!names.includes('bcc') && !names.includes('x-evil'), names.join());
  assert.equal(names.filter((name) => name === 'from').length, 1);
  assert.match(mail?.plain ?? '', /MAIL FROM:<x@evil\.example>/);
});

const hostileAddresses = [
  'ana@example.com\r\nRCPT TO:<x@evil.example>',
  'ana@example.com, x@evil.example',
  '"x@evil.example> "@example.com',
  'x@evil.example (c).example.com',
  'Ana <ana@example.com>',
  '+14155550123',
  '',
];

for (const destination of hostileAddresses) {
  realTest(
    `an address that is not one plain address is refused: ${JSON.stringify(destination)}`,
    async () => {
      assert.ok(plainServer !== null);
      const provider = open(plainServer.port);
      const before = plainServer.mails.length;
      const outcome = await provider.send(
        mailMessage({ destination }),
        AbortSignal.timeout(10_000),
      );
      await provider.close();
      assert.equal(outcome.kind, 'refused');
      assert.equal(plainServer.mails.length, before);
    },
  );
}

const answers = [
  ['unknown', 'refused', 'The mail server refused the message (550 5.1.1).'],
  ['busy', 'unavailable', 'The mail server cannot take it now (451 4.3.0).'],
  ['spam', 'refused', 'The mail server refused the message (554 5.7.1).'],
  ['full', 'unavailable', 'The mail server cannot take it now (452 4.2.2).'],
  ['dropped', 'unknown', 'The mail server closed the connection.'],
] as const;

for (const [local, kind, error] of answers) {
  realTest(`a mail to ${local}@ is ${kind}, by the server's codes alone`, async () => {
    assert.ok(plainServer !== null);
    const provider = open(plainServer.port);
    const message = mailMessage({ destination: `${local}@example.com` });
    const outcome = await provider.send(message, AbortSignal.timeout(10_000));
    await provider.close();
    assert.deepEqual(outcome, { kind, error });
  });
}

realTest(
  'connections are kept, and a mail after a refused one is delivered',
  async (_context, path) => {
    const server = await startAiosmtpd(path, { security: 'none' });
    const provider = open(server.port, { concurrencyMax: 1 });
    const kinds: string[] = [];
    for (const local of ['ana', 'unknown', 'bob', 'dropped', 'cleo']) {
      const message = mailMessage({ destination: `${local}@example.com` });
      kinds.push((await provider.send(message, AbortSignal.timeout(10_000))).kind);
    }
    await provider.close();
    await server.close();
    assert.deepEqual(kinds, ['accepted', 'refused', 'accepted', 'unknown', 'accepted']);
    assert.deepEqual(
      server.mails.map((mail) => mail.envelopeTo[0]?.split('@')[0]),
      ['ana', 'bob', 'cleo'],
    );
  },
);

for (const security of ['starttls', 'tls'] as const) {
  realTest(`a mail goes out encrypted and logged in with ${security}`, async (context, path) => {
    const pair = partOrSkip(context, certificate);
    if (pair === null) return;
    const { outcome, mail } = await deliver(
      path,
      { security, certificate: pair, user: 'otp', password },
      {
        security,
        host: 'localhost',
        user: 'otp',
        password: { env: 'MAIL_PASSWORD' },
        certificateAuthorityFile: pair.file,
      },
      mailMessage(),
    );
    assert.equal(outcome.kind, 'accepted', JSON.stringify(outcome));
    assert.equal(mail?.isEncrypted, true);
    assert.equal(mail?.login, 'otp');
  });

  realTest(
    `a certificate that nobody vouches for ends it with ${security}`,
    async (context, path) => {
      const pair = partOrSkip(context, certificate);
      if (pair === null) return;
      const more = { security, host: 'localhost' } as const;
      const { outcome, mail } = await deliver(
        path,
        { security, certificate: pair },
        more,
        mailMessage(),
      );
      assert.equal(outcome.kind, 'unavailable');
      assert.match(
        outcome.kind === 'unavailable' ? outcome.error : '',
        /no certificate that is trusted/,
      );
      assert.equal(mail, undefined);
    },
  );
}

realTest(
  'a server that cannot encrypt gets neither the mail nor the password',
  async (_context, path) => {
    const more = { security: 'starttls', user: 'otp', password: { env: 'MAIL_PASSWORD' } } as const;
    const { outcome, mail } = await deliver(path, { security: 'none' }, more, mailMessage());
    assert.equal(outcome.kind, 'unavailable');
    assert.match(outcome.kind === 'unavailable' ? outcome.error : '', /could not be encrypted/);
    assert.equal(mail, undefined);
  },
);

realTest('a wrong password is refused without being shown', async (context, path) => {
  const pair = partOrSkip(context, certificate);
  if (pair === null) return;
  const server = {
    security: 'starttls',
    certificate: pair,
    user: 'otp',
    password: 'other',
  } as const;
  const more = {
    security: 'starttls',
    host: 'localhost',
    user: 'otp',
    password: { env: 'MAIL_PASSWORD' },
    certificateAuthorityFile: pair.file,
  } as const;
  const { outcome } = await deliver(path, server, more, mailMessage());
  assert.deepEqual(outcome, {
    kind: 'refused',
    error: 'The mail server does not accept the user name and password (535 5.7.8).',
  });
});

test('a mail server at a private address is not called unless it is listed', async () => {
  const settings = {
    name: 'mail',
    kind: 'smtp',
    host: '127.0.0.1',
    port: 2525,
    from: 'a@example.com',
  } as const;
  const made = createSmtpProvider(settings, {
    egress: createEgress({ allow: [] }),
    environment: {},
  });
  assert.ok(made.ok);
  const outcome = await made.value.send(mailMessage(), AbortSignal.timeout(10_000));
  await made.value.close();
  assert.equal(outcome.kind, 'unavailable');
  assert.match(outcome.kind === 'unavailable' ? outcome.error : '', /not allowed/);
});

const wrongSettings: readonly (readonly [Partial<SmtpSettings>, RegExp])[] = [
  [
    { security: 'none' },
    /"security" may be "none" only if WATCHWORD_EGRESS_ALLOW lists "mail\.example\.com:25"/,
  ],
  [{ from: 'nobody' }, /"from" must be an address/],
  [{ from: 'A <a@example.com>, B <b@example.com>' }, /"from" must be an address/],
  [{ from: 'A\r\nBcc: x@evil.example <a@example.com>' }, /"from" must be an address/],
  [{ replyTo: 'x y@example.com' }, /"replyTo" must be an e-mail address/],
  [{ user: 'otp' }, /"user" and "password" go together/],
  [{ user: 'otp', password: { env: 'NOT_SET' } }, /the environment variable NOT_SET is not set/],
  [
    { certificateAuthorityFile: '/nonexistent' },
    /"certificateAuthorityFile" must name a readable file/,
  ],
  [{ price: { currency: 'usd', perPart: 'x' } }, /"price\.currency" must be three capital letters/],
];

for (const [more, sentence] of wrongSettings) {
  test(`settings that cannot work stop the start: ${sentence.source.slice(0, 60)}`, () => {
    const settings = {
      name: 'mail',
      kind: 'smtp',
      host: 'mail.example.com',
      from: 'a@example.com',
    } as const;
    const context = { egress: createEgress({ allow: [] }), environment: {} };
    const made = createSmtpProvider({ ...settings, ...more }, context);
    assert.ok(!made.ok);
    assert.match(made.error.join('\n'), sentence);
    assert.match(made.error[0] ?? '', /^The provider "mail": /);
  });
}
