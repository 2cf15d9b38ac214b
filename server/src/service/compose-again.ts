/**
 * A message for another hand-over: one that waited for its retry, or that a node left behind when
 * it died. Messages are kept nowhere; this makes them again from what is.
 *
 * Rules:
 * 1. Code and destination are those of the first time, out of the kept code and request.
 * 2. So is the text, where the request brought its own. One from a template is composed from the
 *    template and the settings of this moment: a correction counts for what is still to be sent.
 * 3. Nothing takes more parts than the first text: those were reserved in the budgets, and nobody
 *    looks at a budget again.
 * 4. Where a text breaks rule 3 or cannot be had any more (the template was deleted, is a draft
 *    again or asks for more variables) the built-in one goes out, without lines for autofill. Where
 *    that cannot go either, the message is given up: no later hand-over would find it otherwise.
 * 5. A plain message has its own text and nothing else; it goes out as it was, or not at all.
 */
import type { Application } from '#domain/application.ts';
import { isPlain } from '#domain/plain-message.ts';
import { composeMessage } from '#service/compose-messages.ts';
import { openKeptCode } from '#service/kept-code.ts';
import { type Destination, type KeptRequest, openKeptRequest } from '#service/kept-request.ts';
import { composePlainAgain } from '#service/plain-messages.ts';
import type { ClaimedDelivery } from '#service/ports.ts';
import type { OutboundMessage } from '#service/provider-port.ts';
import type { TemplateLibrary } from '#service/template-library.ts';
import type { Vault } from '#service/vault.ts';

/** The message; or why there is none and never will be, in words for the delivery's history. */
export type ComposedAgain = { readonly message: OutboundMessage } | { readonly error: string };

export type ComposeAgain = (
  application: Application,
  claimed: ClaimedDelivery,
) => Promise<ComposedAgain>;

/** The request or the code does not open: its key has left the key ring. */
const unreadable = 'The message cannot be read any more.';
const tooLong = 'The text now takes more parts than were reserved for it.';
const refused = 'No text can be made for the message any more.';

export function createComposeAgain(parts: {
  readonly vault: Vault;
  readonly templates: TemplateLibrary;
}): ComposeAgain {
  const { vault, templates } = parts;
  return async (application, claimed) => {
    const { delivery, verification } = claimed;
    if (isPlain(verification)) {
      const of = { record: verification, deliveryId: delivery.id };
      const message = composePlainAgain(vault, application, of);
      return message === null ? { error: unreadable } : { message };
    }
    const { id: verificationId, applicationId, recipientHash, purpose } = verification;
    const kept = openKeptRequest(vault, verification.sealedRequest, verificationId);
    const binding = { applicationId, verificationId, recipientHash, purpose };
    const known = openKeptCode(vault, verification.sealedCode, binding);
    if (kept === null || known === null) return { error: unreadable };
    const destination = destinationOf(kept, claimed);
    const input = { application, kept, verificationId, code: known.code };
    const asAsked = await composeMessage(templates, input, destination, delivery.id);
    if (asAsked.ok && asAsked.value.parts <= delivery.parts) return { message: asAsked.value };
    const plain = {
      ...input,
      application: { ...application, settings: { ...application.settings, template: null } },
      kept: { ...kept, template: null, text: null, autofill: {} },
    };
    const { content: _, ...bare } = destination;
    const builtIn = await composeMessage(templates, plain, bare, delivery.id);
    if (builtIn.ok && builtIn.value.parts <= delivery.parts) return { message: builtIn.value };
    return { error: asAsked.ok || builtIn.ok ? tooLong : refused };
  };
}

/**
 * Every send goes to all destinations of a channel, in their order, so the number of deliveries
 * before one tells which of them is its own. A resend on a channel that the request did not name
 * goes to the recipient. Where a second start has sent the code elsewhere, each delivery was noted.
 */
function destinationOf(
  kept: KeptRequest,
  { delivery, verification, earlierOnChannel }: ClaimedDelivery,
): Destination {
  const { channel } = delivery;
  const redirected = kept.redirected[delivery.id];
  if (redirected !== undefined) return redirected;
  const onChannel = kept.destinations.filter((destination) => destination.channel === channel);
  const own = onChannel[earlierOnChannel % onChannel.length];
  return own ?? { channel, to: kept.recipient, country: verification.country };
}
