import { createRequire } from 'node:module';
import type { Readable } from 'node:stream';
import type nodemailer from 'nodemailer';
import type { SMTPPoolOptions } from 'nodemailer';
import type { OutboundMessage, Provider, SendOutcome } from '#service/provider-port.ts';
import type { ProviderContext, SettingsReading } from '../context.ts';
import { type Egress, trusting } from '../egress/egress.ts';
import { createQuote } from '../price.ts';
import { createRedaction, maskMessage } from '../redaction.ts';
import { composeMail } from './mail.ts';
import { outcomeOfFailure, wordsOf } from './smtp-outcome.ts';
import { type MailServer, readMailServer, type SmtpSettings } from './smtp-settings.ts';

const require = createRequire(import.meta.url);

/** Mail over SMTP, through a pool of connections that the egress guard opens. */
export function createSmtpProvider(
  settings: SmtpSettings,
  context: ProviderContext,
): SettingsReading<Provider> {
  const reading = readMailServer(settings, context);
  if (!reading.ok) return reading;
  const server = reading.value;
  const transport = openTransport(server, context.egress);
  const contents = watchContents(transport);
  const quote = createQuote(server.price);

  const exchange = async (message: OutboundMessage, signal: AbortSignal): Promise<Exchange> => {
    if (message.channel !== 'email') {
      return nothingSent({ kind: 'refused', error: 'This provider serves e-mail only.' });
    }
    const mail = composeMail(message, server);
    if (!mail.ok) return nothingSent({ kind: 'refused', error: mail.error });
    if (signal.aborted) {
      return nothingSent({
        kind: 'unavailable',
        error: 'There was no time left to send the mail.',
      });
    }
    const { messageId } = mail.value;
    try {
      const { response } = await transport.sendMail({ ...mail.value, signal });
      return { outcome: { kind: 'accepted', providerMessageId: messageId }, words: response };
    } catch (error) {
      const isContentSent = contents.get(messageId)?.readableDidRead ?? false;
      return { outcome: outcomeOfFailure(error, isContentSent), words: wordsOf(error) };
    } finally {
      contents.delete(messageId);
    }
  };

  const value: Provider = {
    name: server.name,
    channels: ['email'],
    concurrencyMax: server.concurrencyMax,
    quote,
    send: async (message, signal) => (await exchange(message, signal)).outcome,
    test: async (message, signal) => {
      const { outcome, words } = await exchange(message, signal);
      const secrets = server.login === null ? [] : [server.login.password];
      const response = createRedaction(message, secrets).transcript(words);
      return { request: showMail(message, server), response, outcome };
    },
    close: async () => transport.close(),
  };
  return { ok: true, value };
}

interface Exchange {
  readonly outcome: SendOutcome;
  /** What the server said, or why it could not. */
  readonly words: string;
}

function nothingSent(outcome: SendOutcome): Exchange {
  return { outcome, words: '(nothing was sent)' };
}

const connectTimeoutMs = 5_000;
const idleTimeoutMs = 60_000;
const replyBytesMax = 65_536;

type Transport = ReturnType<typeof openTransport>;

function openTransport(server: MailServer, egress: Egress) {
  const { host, port, security, login, timeoutMs, concurrencyMax } = server;
  const options: SMTPPoolOptions & { pool: true } = {
    pool: true,
    host,
    port,
    maxConnections: concurrencyMax,
    // A connection that died while idle costs a try; nothing that was sent is ever sent again.
    maxRequeues: 2,
    idleTimeout: idleTimeoutMs,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: trusting(server.certificateAuthority),
    ...(login === null ? {} : { auth: { user: login.user, pass: login.password } }),
    // Without credentials on offer a login is skipped silently; better to fail.
    forceAuth: login !== null,
    connectionTimeout: connectTimeoutMs * 2,
    greetingTimeout: connectTimeoutMs * 2,
    socketTimeout: timeoutMs,
    maxResponseSize: replyBytesMax,
    getSocket: (_options, callback) => {
      egress.openSocket({ host, port }, connectTimeoutMs).then(
        (connection) => callback(null, { connection }),
        (error: Error) => callback(error, false),
      );
    },
  };
  // Loaded with the first mail server: a start without one is 0.05 s shorter.
  const { createTransport } = require('nodemailer') as typeof nodemailer;
  return createTransport(options);
}

/**
 * The stream of each mail under way, by its message id. Whether the connection began to read it
 * tells whether the server can have the message: before that a failure is safe to repeat.
 */
function watchContents(transport: Transport): Map<string, Readable> {
  const contents = new Map<string, Readable>();
  transport.use('stream', (mail, callback) => {
    const { message } = mail;
    const open = message.createReadStream.bind(message);
    message.createReadStream = (options) => {
      const stream = open(options);
      contents.set(message.messageId(), stream);
      return stream;
    };
    callback();
  });
  return contents;
}

function showMail(message: OutboundMessage, server: MailServer): string {
  const masked = maskMessage(message);
  const { host, port, security, login, from } = server;
  return [
    `SMTP ${host}:${port}, ${security}, ${login === null ? 'no login' : 'login ***'}`,
    `From: ${from.address}`,
    `To: ${masked.destination}`,
    `Subject: ${masked.subject ?? ''}`,
    '',
    masked.text,
  ].join('\n');
}
