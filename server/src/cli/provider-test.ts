import { randomInt } from 'node:crypto';
import { type Command, done, failed, misused, withService } from '#cli/command.ts';
import type { ChannelName } from '#domain/channels/channel.ts';
import { parseRecipient, type Recipient } from '#domain/recipient.ts';
import { countSegments } from '#domain/segments.ts';
import { makeId } from '#service/make-id.ts';
import type { OutboundMessage, Provider, SendTranscript } from '#service/provider-port.ts';

export const providerTest: Command = {
  name: 'provider test',
  words: ['name'],
  options: {
    to: 'The phone number or e-mail address that gets the message.',
    channel: 'Which of its channels to use, where it serves several.',
    sender: 'Sender to send as, where the provider needs one.',
  },
  summary: 'Sends one message through a configured provider and shows what went over the wire.',
  details:
    'The message is real and may cost money. It holds a made-up code that opens nothing.\n' +
    'Secrets and the text are hidden in what is shown.',
  mode: 'tool',
  async run(input, context) {
    const { config, words, options } = input;
    if (options['to'] === undefined) return misused('Say where to send to with --to <recipient>.');
    const recipient = parseRecipient(options['to'], { pointer: '--to' });
    if (!recipient.ok) return misused(recipient.error.detail);
    return withService(input, context, async ({ providers, service }) => {
      if (!providers.ok) return failed(providers.error.join('\n'));
      const provider = providers.value.find(({ name }) => name === words['name']);
      if (provider === undefined) {
        const names = providers.value.map(({ name }) => name).join(', ') || 'none';
        return failed(`No provider is named "${words['name']}". Configured: ${names}.`);
      }
      const channel = chooseChannel(provider, recipient.value, options['channel']);
      if (channel === null) {
        return misused(unreached(provider, options['channel']));
      }
      // The virtual phone shows a message to the application that it belongs to.
      const [application] = await service.listApplications();
      const message = {
        ...testMessage(recipient.value, channel),
        applicationId: application?.id ?? 'none',
        sender: options['sender'] ?? null,
      };
      const timeoutMs = config.deliveryAttemptTimeoutSeconds * 1_000;
      return report(await provider.test(message, AbortSignal.timeout(timeoutMs)));
    });
  },
};

/** The channel that was asked for, or the first that fits an address of this kind. */
function chooseChannel(
  provider: Provider,
  recipient: Recipient,
  wanted: string | undefined,
): ChannelName | null {
  const fitting = provider.channels.filter(
    (channel) => (channel === 'email') === (recipient.kind === 'email'),
  );
  return fitting.find((channel) => wanted === undefined || channel === wanted) ?? null;
}

function unreached({ name, channels }: Provider, wanted: string | undefined): string {
  const served = channels.join(', ');
  if (wanted === undefined) return `"${name}" reaches this recipient on none of: ${served}.`;
  return channels.some((channel) => channel === wanted)
    ? `The channel ${wanted} does not reach this recipient.`
    : `"${name}" does not serve the channel "${wanted}". It serves: ${served}.`;
}

function testMessage(
  recipient: Recipient,
  channel: ChannelName,
): Omit<OutboundMessage, 'applicationId' | 'sender'> {
  const code = String(randomInt(1_000_000)).padStart(6, '0');
  const text = `${code} is a test code from Watchword.`;
  return {
    deliveryId: makeId('dl'),
    verificationId: null,
    channel,
    destination: recipient.canonical,
    country: recipient.country,
    subject: channel === 'email' ? 'Test of Watchword' : null,
    text,
    html: null,
    parts: countSegments(text).parts,
    language: 'en',
    code,
    isPossibleDuplicate: false,
  };
}

function report({ request, response, outcome }: SendTranscript) {
  const said = 'error' in outcome ? `: ${outcome.error.replace(/\.$/, '')}` : '';
  const id =
    outcome.kind === 'accepted' && outcome.providerMessageId !== null
      ? `, message id ${outcome.providerMessageId}`
      : '';
  return done(
    { request, response, outcome },
    ['Request:', request, '', 'Answer:', response, '', `Taken for: ${outcome.kind}${said}${id}.`],
    outcome.kind === 'accepted' ? 0 : 1,
  );
}
