import { readFile } from 'node:fs/promises';

/** The files of the page, each by its name: a file that is not listed here is not served. */
const names = [
  'index.html',
  'phone.css',
  'controls.css',
  'messages.css',
  'inbox.css',
  'phone.js',
  'announcer.js',
  'api.js',
  'check-form.js',
  'clock.js',
  'code-detection.js',
  'composer.js',
  'conversations.js',
  'copy-button.js',
  'elements.js',
  'inbox.js',
  'live.js',
  'message-card.js',
  'messages.js',
  'recipient-filter.js',
  'verification-badge.js',
  'icons/check.svg',
  'icons/copy.svg',
  'icons/email.svg',
  'icons/mark.svg',
  'icons/sms.svg',
  'icons/voice.svg',
  'icons/whatsapp.svg',
  'icons/zalo.svg',
] as const;

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml; charset=utf-8',
};

export interface PageFile {
  readonly name: string;
  readonly type: string;
  readonly content: Buffer;
}

export function loadPageFiles(): Promise<readonly PageFile[]> {
  return Promise.all(
    names.map(async (name) => ({
      name,
      type: types[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
      content: await readFile(new URL(`page/${name}`, import.meta.url)),
    })),
  );
}

/**
 * On every answer. The page runs scripts of its own origin only, can turn no text into script or
 * markup (Trusted Types), is framed by nobody, and is kept in no cache.
 */
export const pageHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    // For the HTML part of e-mails, which comes with the policy below.
    "frame-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
};

/**
 * The HTML part of an e-mail is the sender's, not ours: `sandbox` takes its scripts, its forms and
 * our origin from it, and nothing it names is fetched.
 */
export const mailPolicy = [
  'sandbox',
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  "frame-ancestors 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');
