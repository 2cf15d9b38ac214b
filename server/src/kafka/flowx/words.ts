/** What FlowX.AI's commands have in common, in the words of its engine. */
import type { Application } from '#domain/application.ts';
import type { ChannelName } from '#domain/channels/channel.ts';
import { ok, type Result } from '#domain/refusal.ts';
import type { Command } from '#kafka/command-topic.ts';
import { type KafkaRecord, type OutgoingRecord, orderOfKey } from '#kafka/record.ts';
import type { FlowxSettings, KafkaSettings } from '#kafka/settings.ts';
import { createDoor, type Door } from '#service/door.ts';
import type { Caller, Service } from '#service/service.ts';
import { type Fields, readFields, textOf } from './json.ts';
import { processIdOf } from './process-id.ts';

/** What the commands' topics are made of. */
export interface FlowxParts {
  readonly settings: KafkaSettings;
  readonly service: Service;
  readonly applicationNow: () => Promise<Application>;
}

/** The origin of what this door starts: no code of another is good here. */
export const doorName = 'flowx';

/** Those of all its commands. */
export const fieldNames = [
  ...['templateName', 'channel', 'language', 'contentParams', 'data', 'processInstanceId'],
  ...['clientId', 'recipient', 'otp'],
  ...['identifier', 'receivers', 'senderEmail', 'senderName', 'attachments'],
];

/** What is given back as it came, so that no reply is longer than its command. */
const echoCharactersMax = 255;

export interface ReadCommand {
  /** Null where the value is no JSON object. */
  readonly fields: Fields | null;
  readonly processId: string | undefined;
  readonly clientId: string | undefined;
  /** As it was written, to be given back. */
  readonly channel: string | undefined;
  readonly order: string;
}

export function readCommand(record: KafkaRecord, { messageBytesMax }: KafkaSettings): ReadCommand {
  const isTooLong = (record.value?.length ?? 0) > messageBytesMax;
  const fields = isTooLong ? null : readFields(record.value);
  const inside = [fields, fields?.['contentParams'], fields?.['data']];
  const clientId = inside.map((one) => echoOf(fieldOf(one, 'clientId'))).find((one) => one);
  const channel = echoOf(fields?.['channel']);
  return {
    fields,
    processId: processIdOf(record, fields),
    clientId,
    channel,
    order: orderOf(record, clientId, channel),
  };
}

/** Text that is given back; what is longer than any is taken for none. */
export function echoOf(value: unknown): string | undefined {
  const text = textOf(value);
  return text !== undefined && text.length <= echoCharactersMax ? text : undefined;
}

/** Why a command that is no JSON object cannot be read. */
function unreadableText({ value }: KafkaRecord, { messageBytesMax }: KafkaSettings): string {
  return (value?.length ?? 0) > messageBytesMax
    ? `The message is longer than ${messageBytesMax} bytes. Send a shorter one.`
    : 'The message is no JSON object. Send one.';
}

/** Without a key the client decides; without both a partition's commands go one by one. */
function orderOf(record: KafkaRecord, clientId: string | undefined, channel = ''): string {
  if (record.key !== null) return orderOfKey(record.key);
  return clientId === undefined ? `partition ${record.partition}` : `${clientId} ${channel}`;
}

/** Who a code is for, in the words of this door: its engine asks for it by these two. */
export interface Client {
  readonly clientId: string;
  readonly channel: ChannelName;
}

export function readClient({ clientId, channel }: ReadCommand): Result<Client, string> {
  if (clientId === undefined) {
    return fault(`clientId must be a text of 1 to ${echoCharactersMax} characters.`);
  }
  const read = readChannel(channel);
  return read.ok ? ok({ clientId, channel: read.value }) : read;
}

export function readChannel(channel: string | undefined): Result<ChannelName, string> {
  switch (channel?.toUpperCase()) {
    case 'SMS':
      return ok('sms');
    case 'MAIL':
    case 'EMAIL':
      return ok('email');
    case 'PUSH':
      return fault('The channel PUSH is not served here. Use SMS or MAIL.');
    default:
      return fault('channel must be SMS or MAIL.');
  }
}

export function fault(sentence: string): { readonly ok: false; readonly error: string } {
  return { ok: false, error: sentence };
}

/** What a client's verifications are found by. It is concealed: the id may be a national one. */
export function referenceOf(service: Service, caller: Caller, client: Client): string {
  return service.concealedReference(caller, `${client.clientId}\n${client.channel}`);
}

/** 72 bits: no two clients of one recipient share them by chance. */
const clientMarkCharacters = 12;

/**
 * One code is live for each purpose of a recipient, and clients may share a recipient: so each
 * client has a purpose of its own.
 */
export function purposeOf(reference: string): string {
  return `${doorName}:${reference.slice(0, clientMarkCharacters)}`;
}

/**
 * The vendor's rules: the length and lifetime of its settings, and a second command, however soon,
 * that brings a new code in the place of the old one.
 */
export function createFlowxDoor({ codeLength, lifetimeSeconds }: FlowxSettings): Door {
  return createDoor(
    doorName,
    ({ lifetimeSecondsMax }) => ({
      secondStart: 'supersede',
      allowShortCodes: true,
      code: { alphabet: 'digits', length: codeLength },
      lifetimeSeconds,
      lifetimeSecondsMax: Math.max(lifetimeSecondsMax, lifetimeSeconds),
      limits: { recipientSendIntervalSeconds: 0 },
    }),
    { keepsRefusals: true, waitsForRoom: true },
  );
}

/**
 * How a command goes that is answered by what stands against it, or by null. What is no JSON object
 * is answered too, where it says whom.
 */
export function commandAnsweredBy<Asked>(
  parts: { readonly record: KafkaRecord; readonly settings: KafkaSettings },
  command: ReadCommand,
  step: {
    readAsked(command: ReadCommand, fields: Fields): Result<Asked, string>;
    carryOut(asked: Asked): Promise<string | null>;
    reply(error: string | null): OutgoingRecord;
    /** Told after the last try has failed for a fault of ours. */
    readonly faultText: string;
  },
): Command {
  const { fields, order } = command;
  return {
    order,
    async carryOut() {
      if (fields === null && command.processId === undefined) {
        return { replies: [], deadLetter: 'unreadable' };
      }
      const asked =
        fields === null
          ? fault(unreadableText(parts.record, parts.settings))
          : step.readAsked(command, fields);
      const error = asked.ok ? await step.carryOut(asked.value) : asked.error;
      return { replies: [step.reply(error)], deadLetter: null };
    },
    answerFault: () => [step.reply(step.faultText)],
  };
}

function fieldOf(value: unknown, name: string): unknown {
  const isFields = typeof value === 'object' && value !== null && Object.hasOwn(value, name);
  return isFields ? (value as Fields)[name] : undefined;
}
