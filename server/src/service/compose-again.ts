/**
 * A message for another hand-over: one that waited for its retry, or that a node left behind when
 * it died. Messages are kept nowhere; this makes them again from what is.
 *
 * Rules:
 * 1. Code and destination are those of the first time, out of the kept code and request.
 * 2. So is the text, where the request brought its own. One from a template is composed from the
 *    template and the settings of this moment: a correction counts for what is still to be sent.
 * 3. Where that cannot be done any more (the template was deleted, is a draft again or asks for
 *    more variables) the built-in text goes out, without lines for autofill: a code that was
 *    promised arrives all the same.
 */
import type { Application } from '#domain/application.ts';
import { composeMessage } from '#service/compose-messages.ts';
import { openKeptCode } from '#service/kept-code.ts';
import { type Destination, type KeptRequest, openKeptRequest } from '#service/kept-request.ts';
import type { ClaimedDelivery } from '#service/ports.ts';
import type { OutboundMessage } from '#service/provider-port.ts';
import type { TemplateLibrary } from '#service/template-library.ts';
import type { Vault } from '#service/vault.ts';

/** Null where the request or the code does not open: its key has left the key ring. */
export type ComposeAgain = (
  application: Application,
  claimed: ClaimedDelivery,
) => Promise<OutboundMessage | null>;

export function createComposeAgain(parts: {
  readonly vault: Vault;
  readonly templates: TemplateLibrary;
}): ComposeAgain {
  const { vault, templates } = parts;
  return async (application, claimed) => {
    const { delivery, verification } = claimed;
    const { id: verificationId, applicationId, recipientHash, purpose } = verification;
    const kept = openKeptRequest(vault, verification.sealedRequest, verificationId);
    const binding = { applicationId, verificationId, recipientHash, purpose };
    const known = openKeptCode(vault, verification.sealedCode, binding);
    if (kept === null || known === null) return null;
    const destination = destinationOf(kept, claimed);
    const input = { application, kept, verificationId, code: known.code };
    const asAsked = await composeMessage(templates, input, destination, delivery.id);
    if (asAsked.ok) return asAsked.value;
    const plain = {
      ...input,
      application: { ...application, settings: { ...application.settings, template: null } },
      kept: { ...kept, template: null, text: null, autofill: {} },
    };
    const builtIn = await composeMessage(templates, plain, destination, delivery.id);
    if (!builtIn.ok) throw new Error(`A built-in text was refused: ${builtIn.error.detail}`);
    return builtIn.value;
  };
}

/**
 * Every send goes to all destinations of a channel, in their order, so the number of deliveries
 * before one tells which of them is its own. A resend on a channel that the request did not name
 * goes to the recipient.
 */
function destinationOf(
  kept: KeptRequest,
  { delivery, verification, earlierOnChannel }: ClaimedDelivery,
): Destination {
  const { channel } = delivery;
  const onChannel = kept.destinations.filter((destination) => destination.channel === channel);
  const own = onChannel[earlierOnChannel % onChannel.length];
  return own ?? { channel, to: kept.recipient, country: verification.country };
}
