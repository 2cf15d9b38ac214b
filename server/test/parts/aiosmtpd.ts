import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type PartSearch, runInstaller } from './part.ts';
import { findPythonPackages } from './python-packages.ts';

/**
 * A mail server that others wrote: aiosmtpd from PyPI, installed once into this checkout's cache.
 * The versions are fixed; every one of these packages is plain Python.
 */
const aiosmtpd = {
  name: 'aiosmtpd-1.4.6',
  packages: ['aiosmtpd==1.4.6', 'atpublic==4.1.0', 'attrs==23.2.0'],
};
const script = fileURLToPath(new URL('./mail-server.py', import.meta.url));

/** The folder that Python finds aiosmtpd in. */
export function findAiosmtpd(): PartSearch<string> {
  return findPythonPackages(aiosmtpd);
}

export interface MailServerSettings {
  readonly security: 'none' | 'starttls' | 'tls';
  readonly certificate?: Certificate;
  readonly user?: string;
  readonly password?: string;
}

/** A mail as a mail client shows it. */
export interface ReceivedMail {
  readonly envelopeFrom: string;
  readonly envelopeTo: readonly string[];
  readonly isEncrypted: boolean;
  readonly login: string | null;
  readonly headers: readonly (readonly [string, string])[];
  readonly type: string;
  readonly plain: string | null;
  readonly html: string | null;
}

export interface TestMailServer {
  readonly port: number;
  /** Everything that was taken; complete once the server is closed. */
  readonly mails: readonly ReceivedMail[];
  /** Fulfilled when the content of a mail has come in that is then left without an answer. */
  readonly contentCame: Promise<void>;
  close(): Promise<void>;
}

type Event =
  | { readonly event: 'ready'; readonly port: number }
  | { readonly event: 'content' }
  | ({ readonly event: 'mail' } & ReceivedMail);

/** Starts the server of `mail-server.py`; recipients' local parts decide what it does to them. */
export function startAiosmtpd(path: string, settings: MailServerSettings): Promise<TestMailServer> {
  const { certificate, ...rest } = settings;
  const given = { ...rest, certificate: certificate?.file, key: certificate?.keyFile };
  const python = spawn('python3', ['-W', 'ignore', script, JSON.stringify(given)], {
    env: { ...process.env, PYTHONPATH: path },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((done) => python.once('close', () => done()));
  const mails: ReceivedMail[] = [];
  const { promise: contentCame, resolve: sayContentCame } = Promise.withResolvers<void>();
  const close = (): Promise<void> => {
    python.stdin.end();
    return ended;
  };
  return new Promise((fulfil, reject) => {
    python.once('error', reject);
    python.once('exit', (code) => reject(new Error(`aiosmtpd ended with ${code}`)));
    createInterface(python.stdout).on('line', (line) => {
      const event = JSON.parse(line) as Event;
      if (event.event === 'ready') fulfil({ port: event.port, mails, contentCame, close });
      else if (event.event === 'mail') mails.push(event);
      else sayContentCame();
    });
  });
}

export interface Certificate {
  readonly file: string;
  readonly keyFile: string;
  remove(): void;
}

/** A certificate for localhost that signs itself, so it is its own authority. */
export function makeCertificate(): PartSearch<Certificate> {
  const made = mkdtempSync(join(tmpdir(), 'watchword-certificate-'));
  const file = join(made, 'certificate.pem');
  const keyFile = join(made, 'key.pem');
  const isMade = runInstaller('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-keyout', keyFile, '-out', file, '-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
  ]);
  const remove = (): void => rmSync(made, { recursive: true, force: true });
  if (isMade) return { ok: true, part: { file, keyFile, remove } };
  remove();
  return { ok: false, reason: 'There is no openssl to make a certificate with. Install it.' };
}
