import { ok, type Result } from '#domain/refusal.ts';
import { inTimeOrNot } from '#kafka/command-age.ts';
import { type Command, type CommandTopic, settled } from '#kafka/command-topic.ts';
import { type KafkaRecord, recordId, replyTo } from '#kafka/record.ts';
import type { StartRequest } from '#service/requests.ts';
import { type Fields, textOf } from './json.ts';
import { replyText } from './process-id.ts';
import { readTemplateWords, type TemplateWords } from './template-words.ts';
import {
  type Client,
  commandAnsweredBy,
  createFlowxDoor,
  type FlowxParts,
  fault,
  fieldNames,
  purposeOf,
  type ReadCommand,
  readClient,
  readCommand,
  referenceOf,
} from './words.ts';

const recipientCharactersMax = 320;

/** `KAFKA_TOPIC_OTP_GENERATE_IN`: makes a code for a client and sends it. */
export function createGenerateTopic(parts: FlowxParts): CommandTopic {
  const { settings, service, applicationNow } = parts;
  const callerOf = createFlowxDoor(settings.flowx);

  async function start(record: KafkaRecord, asked: Client & StartFields): Promise<string | null> {
    const caller = inTimeOrNot(callerOf(await applicationNow()), record, settings);
    const { clientId: _, ...request } = asked;
    const reference = referenceOf(service, caller, asked);
    const started = settled(
      await service.startVerification(
        caller,
        { ...request, purpose: purposeOf(reference), reference },
        recordId(record),
      ),
    );
    return started.ok ? null : started.error.detail;
  }

  return {
    topic: settings.flowx.generateIn,
    fieldNames,
    read(record): Command {
      const command = readCommand(record, settings);
      return commandAnsweredBy({ record, settings }, command, {
        readAsked,
        carryOut: (asked) => start(record, asked),
        reply: (error) =>
          replyTo(record, settings.flowx.generateOut, generateReply(command, error)),
        faultText: 'The code could not be sent for a fault of the server. Retry.',
      });
    },
  };
}

type StartFields = Pick<StartRequest, 'recipient'> & TemplateWords;

function readAsked(command: ReadCommand, fields: Fields): Result<Client & StartFields, string> {
  const client = readClient(command);
  if (!client.ok) return client;
  const recipient = textOf(fields['recipient']);
  if (recipient === undefined || recipient === '' || recipient.length > recipientCharactersMax) {
    return fault('recipient must be one phone number or e-mail address.');
  }
  const words = readTemplateWords(fields);
  return words.ok ? ok({ ...client.value, recipient, ...words.value }) : words;
}

function generateReply(command: ReadCommand, error: string | null): string {
  const { clientId = null, channel = null } = command;
  return replyText(command.processId, { clientId, channel, otpSent: error === null, error });
}
