import type { SandboxMessage } from '#service/provider-port.ts';
import type { VerdictView, VerificationView } from '#service/views.ts';

/** What the page knows of a verification. The page is the contract's only reader. */
export function verificationForPage(view: VerificationView) {
  return {
    id: view.id,
    status: view.status,
    recipient: view.recipient,
    channel: view.channel,
    purpose: view.purpose,
    checksLeft: view.checksLeft,
    expiresAt: new Date(view.expiresAtMs).toISOString(),
    deliveries: view.deliveries.map(({ channel, status, error }) => ({ channel, status, error })),
  };
}

export function verdictForPage(view: VerdictView) {
  const { approved, reason, proof } = view;
  return { ...verificationForPage(view), approved, reason, proof };
}

/** The HTML part is fetched on its own, under a policy of its own; here is only whether it is. */
export function messageForPage(message: SandboxMessage) {
  const { id, recipient, channel, sender, subject, text, parts, verificationId, atMs } = message;
  return {
    id,
    recipient,
    channel,
    sender,
    subject,
    text,
    parts,
    verificationId,
    at: new Date(atMs).toISOString(),
    hasHtml: message.html !== null,
  };
}

export function clockForPage(nowMs: number) {
  return {
    now: new Date(nowMs).toISOString(),
    aheadSeconds: Math.round((nowMs - Date.now()) / 1000),
  };
}
