import type { SendMailOptions } from 'nodemailer';
import { parseRecipient } from '#domain/recipient.ts';
import type { OutboundMessage } from '#service/provider-port.ts';
import type { MailServer } from './smtp-settings.ts';

export type MailReading =
  | { readonly ok: true; readonly value: SendMailOptions & { readonly messageId: string } }
  | { readonly ok: false; readonly error: string };

/**
 * A message as a mail. Addresses reach the library as objects only: its parser for address lists
 * has been talked into other recipients before (CVE-2026-125755), and here it has nothing to parse.
 */
export function composeMail(message: OutboundMessage, server: MailServer): MailReading {
  const recipient = parseRecipient(message.destination);
  if (!recipient.ok || recipient.value.kind !== 'email') {
    return { ok: false, error: 'The destination is not an e-mail address.' };
  }
  const address = recipient.value.canonical;
  const { sender, subject, html, language } = message;
  // A sender is how the application calls itself; the address stays the one that may send here.
  const name = sender === null || /[<>"@\p{Cc}]/u.test(sender) ? server.from.name : sender;
  const domain = server.from.address.slice(server.from.address.lastIndexOf('@') + 1);
  const id = message.deliveryId.replace(/[^A-Za-z0-9_-]/g, '');
  const value = {
    messageId: `<${id}@${domain}>`,
    from: { name, address: server.from.address },
    to: { name: '', address },
    ...(server.replyTo === null ? {} : { replyTo: { name: '', address: server.replyTo } }),
    envelope: { from: server.from.address, to: [address] },
    ...(subject === null ? {} : { subject: oneLine(subject) }),
    text: message.text.toWellFormed(),
    ...(html === null ? {} : { html: html.toWellFormed() }),
    headers: {
      // Keeps holiday replies away (RFC 3834, 5; the second is Exchange's word for it).
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      ...(/^[A-Za-z0-9-]{1,35}$/.test(language) ? { 'Content-Language': language } : {}),
    },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  return { ok: true, value };
}

function oneLine(text: string): string {
  return text.toWellFormed().replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
}
