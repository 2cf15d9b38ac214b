import { type Command, type CommandTopic, settled } from '#kafka/command-topic.ts';
import { type KafkaRecord, recordId, replyTo } from '#kafka/record.ts';
import { textOf } from './json.ts';
import { replyText } from './process-id.ts';
import {
  createFlowxDoor,
  doorName,
  type FlowxParts,
  fieldNames,
  type ReadCommand,
  readClient,
  readCommand,
  referenceOf,
} from './words.ts';

/** Longer than any code; a longer one is wrong without being compared. */
const codeCharactersMax = 64;

/**
 * `KAFKA_TOPIC_OTP_VALIDATE_IN`: one guess at the newest code of a client and channel. The verdict
 * has no room for a reason, so whatever stands against the guess is `otpValid: false`.
 */
export function createValidateTopic(parts: FlowxParts): CommandTopic {
  const { settings, service, applicationNow } = parts;
  const callerOf = createFlowxDoor(settings.flowx);

  async function check(record: KafkaRecord, command: ReadCommand): Promise<boolean> {
    const client = readClient(command);
    const code = textOf(command.fields?.['otp']);
    if (!client.ok || code === undefined || code.length > codeCharactersMax) return false;
    const caller = callerOf(await applicationNow());
    const reference = referenceOf(service, caller, client.value);
    const guess = { reference, channel: client.value.channel, origin: doorName, code };
    const checked = settled(await service.checkReference(caller, guess, recordId(record)));
    return checked.ok && checked.value.view.approved;
  }

  return {
    topic: settings.flowx.validateIn,
    fieldNames,
    read(record): Command {
      const command = readCommand(record, settings);
      const reply = (isValid: boolean) =>
        replyTo(record, settings.flowx.validateOut, validateReply(command, isValid));
      return {
        order: command.order,
        async carryOut() {
          if (command.fields === null && command.processId === undefined) {
            return { replies: [], deadLetter: 'unreadable' };
          }
          return { replies: [reply(await check(record, command))], deadLetter: null };
        },
        answerFault: () => [reply(false)],
      };
    },
  };
}

function validateReply(command: ReadCommand, otpValid: boolean): string {
  const { clientId = null, channel = null } = command;
  return replyText(command.processId, { clientId, channel, otpValid });
}
