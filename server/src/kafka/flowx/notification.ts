import type { ChannelName } from '#domain/channels/channel.ts';
import { ok, type Result } from '#domain/refusal.ts';
import { inTimeOrNot } from '#kafka/command-age.ts';
import { type Command, type CommandTopic, settled } from '#kafka/command-topic.ts';
import { type KafkaRecord, recordId, replyTo } from '#kafka/record.ts';
import type { MessageRequest } from '#service/requests.ts';
import { type Fields, textOf } from './json.ts';
import { readTemplateWords, type TemplateWords } from './template-words.ts';
import {
  commandAnsweredBy,
  createFlowxDoor,
  echoOf,
  type FlowxParts,
  fault,
  fieldNames,
  type ReadCommand,
  readChannel,
  readCommand,
} from './words.ts';

const receiversMax = 100;
const receiverCharactersMax = 320;
/** Of a reply that tells what stands against each receiver. */
const faultsShownMax = 5;

/**
 * `KAFKA_TOPIC_NOTIFICATION_INTERNAL_IN`: a message without a code to several receivers, each by a
 * step of its own. So a command that is read again goes on where it was, and one receiver that is
 * refused keeps no other from the message.
 */
export function createNotificationTopic(parts: FlowxParts): CommandTopic {
  const { settings, service, applicationNow } = parts;
  const { notificationIn, notificationOut } = settings.flowx;
  const callerOf = createFlowxDoor(settings.flowx);

  async function send(record: KafkaRecord, asked: Notification): Promise<string | null> {
    const caller = inTimeOrNot(callerOf(await applicationNow()), record, settings);
    const { receivers, ...message } = asked;
    const faults: string[] = [];
    for (const [at, recipient] of receivers.entries()) {
      const key = `${recordId(record)}:${at}`;
      const sent = settled(await service.sendMessage(caller, { ...message, recipient }, key));
      if (sent.ok) continue;
      faults.push(receivers.length === 1 ? sent.error.detail : `${at + 1}: ${sent.error.detail}`);
    }
    return inOneText(faults, receivers.length);
  }

  return {
    topic: notificationIn,
    fieldNames,
    read(record): Command {
      const command = readCommand(record, settings);
      return commandAnsweredBy({ record, settings }, command, {
        readAsked,
        carryOut: (asked) => send(record, asked),
        reply: (error) =>
          replyTo(record, notificationOut, notificationReply(command.fields, error)),
        faultText: 'The notification could not be sent for a fault of the server. Retry.',
      });
    },
  };
}

interface Notification extends Pick<MessageRequest, 'sender' | 'attachments'>, TemplateWords {
  readonly receivers: readonly string[];
  readonly channel: ChannelName;
}

function readAsked(command: ReadCommand, fields: Fields): Result<Notification, string> {
  const channel = readChannel(command.channel);
  if (!channel.ok) return channel;
  const words = readTemplateWords(fields);
  if (!words.ok) return words;
  const receivers = readReceivers(fields['receivers']);
  if (!receivers.ok) return receivers;
  const attachments = fields['attachments'] ?? [];
  if (!Array.isArray(attachments)) return fault('attachments must be an array.');
  // The address is that of the mail server's settings: a message from any other would not arrive.
  const sender = channel.value === 'email' ? textOf(fields['senderName']) : undefined;
  return ok({
    ...words.value,
    channel: channel.value,
    receivers: receivers.value,
    attachments,
    ...(sender === undefined || sender === '' ? {} : { sender }),
  });
}

function readReceivers(value: unknown): Result<readonly string[], string> {
  const entries: readonly unknown[] = Array.isArray(value) ? value : [];
  const receivers = entries.map(textOf).filter((one) => one !== undefined && one !== '');
  const isFit = entries.length > 0 && entries.length <= receiversMax;
  const isEachFit =
    receivers.length === entries.length &&
    receivers.every((one) => one !== undefined && one.length <= receiverCharactersMax);
  return isFit && isEachFit
    ? ok(receivers.map(String))
    : fault(
        `receivers must be an array of 1 to ${receiversMax} phone numbers or e-mail addresses.`,
      );
}

/** Null where every receiver's message is on its way. */
function inOneText(faults: readonly string[], receivers: number): string | null {
  if (faults.length === 0) return null;
  if (receivers === 1) return faults.join('');
  const shown = faults.slice(0, faultsShownMax).join(' ');
  const more = faults.length > faultsShownMax ? ' …' : '';
  return `${faults.length} of ${receivers} receivers were refused. ${shown}${more}`;
}

function notificationReply(fields: Fields | null, error: string | null): string {
  const echo = (name: string) => echoOf(fields?.[name]) ?? null;
  const [identifier, templateName, language] = ['identifier', 'templateName', 'language'].map(echo);
  return JSON.stringify({ identifier, templateName, language, error });
}
