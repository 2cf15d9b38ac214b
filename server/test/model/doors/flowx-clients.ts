/**
 * FlowX.AI's clients may be national ids, so nobody who looks at verifications sees them. The
 * template of the tests names the client in its text: whoever reads the phone knows whose code it
 * is, and so whose every other verification with the same concealed reference is.
 */
import assert from 'node:assert/strict';
import type { RunningServer } from '../../end-to-end/running-server.ts';
import type { ObservedBody, ObservedMessage } from '../operations.ts';

export const template = {
  name: 'modelCode',
  /** What `PUT /v1/templates/{name}` takes. */
  body: {
    variants: ['sms', 'email'].map((channel) => ({
      ...{ channel, language: 'en', prefix: null, html: null },
      subject: channel === 'email' ? 'Your code' : null,
      text: 'Your code is {{ otpValue }}. It is for {{ mark }}.',
    })),
  },
};

export async function saveTemplate(node: Pick<RunningServer, 'call'>): Promise<void> {
  const { status, text } = await node.call('PUT', `/v1/templates/${template.name}`, template.body);
  assert.ok(status < 300, text);
}

/** What the model calls the verifications of a client, which have a purpose of their own too. */
export function referenceFor(client: string): string {
  return `flowx ${client}`;
}

/**
 * The same, with the clients' names where they are concealed. Where a client was sent nothing, its
 * refused starts are those of whom `clientOfRefused` says, who is told of the others.
 */
export function revealClients(
  listed: readonly ObservedBody[],
  messages: readonly ObservedMessage[],
  clientOfRefused: (item: ObservedBody, known: ReadonlySet<string>) => string | undefined,
): readonly ObservedBody[] {
  const concealed = new Map(listed.map(({ id, reference }) => [id, reference]));
  const clients = new Map<string, string>();
  for (const { verificationId, text } of messages) {
    const [, client] = /It is for (\S+)\.$/.exec(text) ?? [];
    const reference = concealed.get(verificationId);
    if (client === undefined || typeof reference !== 'string') continue;
    assert.equal(clients.get(reference) ?? client, client, 'two clients have one reference');
    clients.set(reference, client);
  }
  const known = new Set(clients.values());
  return listed.map((item) => {
    const { origin, reference, purpose, status } = item;
    const refused =
      status === 'blocked' && origin === 'flowx' ? clientOfRefused(item, known) : undefined;
    const client = clients.get(reference ?? '') ?? refused;
    if (origin !== 'flowx' || typeof reference !== 'string' || client === undefined) return item;
    assert.equal(purpose, `flowx:${reference.slice(0, 12)}`);
    return { ...item, reference: referenceFor(client), purpose: referenceFor(client) };
  });
}
