import Type, { type Static } from 'typebox';
import { parseRecipient } from '#domain/recipient.ts';
import { readCertificateAuthority } from '../certificate-authority.ts';
import { type ProviderContext, type SettingsReading, subjectOf } from '../context.ts';
import { type Price, priceMistakes, priceSchema } from '../price.ts';
import { readSecret, secretSchema } from '../secret.ts';

/** A mail server in the configuration; docs/guides/send-email.md explains every key. */
export const smtpSettingsSchema = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' }),
    kind: Type.Literal('smtp'),
    host: Type.String({
      pattern: '^[A-Za-z0-9.:_-]{1,253}$',
      description: 'a host name or an address, without a port',
    }),
    /** 465 with tls, 587 with starttls, 25 without either. */
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    /** How the connection is encrypted; what cannot be encrypted is not sent. */
    security: Type.Optional(Type.Enum(['tls', 'starttls', 'none'])),
    user: Type.Optional(Type.String({ minLength: 1, maxLength: 320 })),
    password: Type.Optional(secretSchema),
    /** `codes@example.com` or `Example <codes@example.com>`. */
    from: Type.String({ maxLength: 400 }),
    replyTo: Type.Optional(Type.String({ maxLength: 320 })),
    price: Type.Optional(priceSchema),
    /** Longest silence of the server before a connection is given up. */
    timeoutMs: Type.Optional(Type.Integer({ minimum: 1_000, maximum: 120_000 })),
    /** Most connections at once. */
    concurrencyMax: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    /** PEM file of a private certificate authority to trust as well. */
    certificateAuthorityFile: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);

export type SmtpSettings = Static<typeof smtpSettingsSchema>;
export type SmtpSecurity = NonNullable<SmtpSettings['security']>;

export interface Mailbox {
  readonly name: string;
  readonly address: string;
}

/** Everything that a provider needs, checked and with its password read. */
export interface MailServer {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly security: SmtpSecurity;
  readonly login: { readonly user: string; readonly password: string } | null;
  readonly from: Mailbox;
  readonly replyTo: string | null;
  readonly price: Price | undefined;
  readonly timeoutMs: number;
  readonly concurrencyMax: number;
  readonly certificateAuthority: string | undefined;
}

const portOf: Readonly<Record<SmtpSecurity, number>> = { tls: 465, starttls: 587, none: 25 };
const timeoutDefaultMs = 30_000;
// Large services take five connections from one client; more is asked for, not assumed.
const concurrencyDefault = 5;

export function readMailServer(
  settings: SmtpSettings,
  context: ProviderContext,
): SettingsReading<MailServer> {
  const subject = subjectOf(settings.name);
  const mistakes = priceMistakes(settings.price, subject);
  const note = (what: string): void => void mistakes.push(`${subject}: ${what}`);

  const security = settings.security ?? (settings.port === 465 ? 'tls' : 'starttls');
  const { host, port = portOf[security], replyTo } = settings;
  if (security === 'none' && !context.egress.isListed({ host, port })) {
    note(`"security" may be "none" only if WATCHWORD_EGRESS_ALLOW lists "${host}:${port}".`);
  }
  const from = readMailbox(settings.from);
  if (from === null) note('"from" must be an address, or a name and <an address>.');
  if (replyTo !== undefined && !parseRecipient(replyTo, { pointer: '/replyTo' }).ok) {
    note('"replyTo" must be an e-mail address.');
  }
  const login = readLogin(settings, security, context, note);
  const authority = readCertificateAuthority(settings.certificateAuthorityFile);
  if (!authority.ok) note(`${authority.error}.`);
  if (mistakes.length > 0 || from === null || !authority.ok) return { ok: false, error: mistakes };
  const value: MailServer = {
    name: settings.name,
    host,
    port,
    security,
    login,
    from,
    replyTo: replyTo ?? null,
    price: settings.price,
    timeoutMs: settings.timeoutMs ?? timeoutDefaultMs,
    concurrencyMax: settings.concurrencyMax ?? concurrencyDefault,
    certificateAuthority: authority.value,
  };
  return { ok: true, value };
}

function readLogin(
  settings: SmtpSettings,
  security: SmtpSecurity,
  context: ProviderContext,
  note: (what: string) => void,
): MailServer['login'] {
  const { user, password } = settings;
  if (user === undefined && password === undefined) return null;
  if (user === undefined || password === undefined) {
    note('"user" and "password" go together.');
    return null;
  }
  if (security === 'none')
    note('a password is never sent over a connection that is not encrypted.');
  const reading = readSecret(password, context.environment);
  if (reading.ok) return { user, password: reading.value };
  note(`the secret "password" is needed, but ${reading.error}.`);
  return null;
}

/** `Name <address>` or an address alone, read by our own parser and never by the mail library's. */
export function readMailbox(text: string): Mailbox | null {
  const open = text.lastIndexOf('<');
  const name = open < 0 ? '' : text.slice(0, open).trim();
  if (open >= 0 && !text.endsWith('>')) return null;
  if (name.length > 100 || /[<>"@\p{Cc}]/u.test(name)) return null;
  const address = open < 0 ? text : text.slice(open + 1, -1);
  const parsed = parseRecipient(address, { pointer: '/from' });
  return parsed.ok && parsed.value.kind === 'email'
    ? { name, address: parsed.value.canonical }
    : null;
}
