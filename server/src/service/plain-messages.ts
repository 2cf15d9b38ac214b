/**
 * The text of a plain message on its way to a provider: composed once when it is started, and again
 * from what is kept of it when another hand-over is due.
 */
import type { Application } from '#domain/application.ts';
import { channels } from '#domain/channels/index.ts';
import { shardOfId } from '#domain/id.ts';
import { ok, type Result } from '#domain/refusal.ts';
import {
  type ComposedDelivery,
  refuseChannel,
  senderOn,
  toRow,
} from '#service/compose-messages.ts';
import { type KeptRequest, openKeptRequest } from '#service/kept-request.ts';
import { makeId } from '#service/make-id.ts';
import type { OutboundMessage } from '#service/provider-port.ts';
import type { ProviderRoutes } from '#service/provider-routes.ts';
import type { VerificationRecord } from '#service/records.ts';
import type { CodeBinding, Vault } from '#service/vault.ts';

/** What is as secret as a code: the text, and the code of the caller's making in it. */
export interface SecretText {
  readonly text: string;
  /** Of an e-mail. */
  readonly subject: string | null;
  readonly html: string | null;
  /** For providers whose API takes a code as a parameter; null where the caller told none. */
  readonly code: string | null;
}

export function sealSecretText(vault: Vault, secret: SecretText, binding: CodeBinding): string {
  return vault.sealText(JSON.stringify(withoutNulls(secret)), binding);
}

function withoutNulls(secret: SecretText): object {
  return Object.fromEntries(Object.entries(secret).filter(([, part]) => part !== null));
}

function openSecretText(json: string): SecretText {
  const parts = JSON.parse(json) as Partial<SecretText>;
  return { text: '', subject: null, html: null, code: null, ...parts };
}

interface Input {
  readonly application: Application;
  readonly kept: KeptRequest;
  readonly secret: SecretText;
}

/** The first hand-over: a message goes to one destination. */
export function composePlainDelivery(
  routes: ProviderRoutes,
  input: Input,
  messageId: string,
): Result<ComposedDelivery> {
  const [destination] = input.kept.destinations;
  if (destination === undefined) throw new Error('A message goes nowhere.');
  const [provider] = routes.forChannel(destination.channel, input.application.settings);
  if (provider === undefined) return refuseChannel(destination);
  const message = composePlain(input, makeId('dl', shardOfId(messageId)));
  if (!message.ok) return message;
  return ok({ message: message.value, provider, row: toRow(provider, message.value) });
}

/** The same message again; null once its text is erased, or cannot be read any more. */
export function composePlainAgain(
  vault: Vault,
  application: Application,
  claimed: { readonly record: VerificationRecord; readonly deliveryId: string },
): OutboundMessage | null {
  const { id: verificationId, applicationId, recipientHash, purpose } = claimed.record;
  const { sealedCode, sealedRequest } = claimed.record;
  const kept = openKeptRequest(vault, sealedRequest, verificationId);
  const binding = { applicationId, verificationId, recipientHash, purpose };
  const opened = sealedCode === null ? null : vault.openText(sealedCode, binding);
  if (kept === null || opened === null) return null;
  const secret = openSecretText(opened);
  const composed = composePlain({ application, kept, secret }, claimed.deliveryId);
  return composed.ok ? composed.value : null;
}

function composePlain(
  { application, kept, secret }: Input,
  deliveryId: string,
): Result<OutboundMessage> {
  const [destination] = kept.destinations;
  if (destination === undefined) throw new Error('A message goes nowhere.');
  const { channel, to, country } = destination;
  const { code, ...text } = secret;
  const content = channels[channel].shape(text, code ?? '');
  if (!content.ok) return content;
  return ok({
    deliveryId,
    // It is nobody's code: what shows verifications has nothing to show for it.
    verificationId: null,
    applicationId: application.id,
    channel,
    destination: to,
    country,
    sender: senderOn(channel, kept.sender),
    ...content.value,
    language: kept.language,
    code,
    isPossibleDuplicate: false,
  });
}
