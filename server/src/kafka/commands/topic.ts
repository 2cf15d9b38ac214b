import type { Application } from '#domain/application.ts';
import { inTimeOrNot } from '#kafka/command-age.ts';
import { type Command, type CommandTopic, settled } from '#kafka/command-topic.ts';
import { type KafkaRecord, replyTo } from '#kafka/record.ts';
import type { KafkaSettings } from '#kafka/settings.ts';
import type { NativeAnswer, NativeCalls, NativeError } from '#service/native-port.ts';
import type { Caller } from '#service/service.ts';
import { type NativeCommand, orderOf, readNativeCommand } from './read-command.ts';

export interface NativeTopicParts {
  readonly settings: Pick<KafkaSettings, 'commands' | 'messageBytesMax' | 'commandAgeSecondsMax'>;
  readonly calls: NativeCalls;
  readonly applicationNow: () => Promise<Application>;
}

/** The origin of what these commands start. */
const doorName = 'kafka';

/** Commands in the words of `/v1`, from any producer; none where no topic is named for them. */
export function createNativeTopics(parts: NativeTopicParts): readonly CommandTopic[] {
  const { commands, messageBytesMax } = parts.settings;
  if (commands.in === null) return [];
  return [
    {
      topic: commands.in,
      fieldNames: ['command', ...parts.calls.fieldNames],
      read(record): Command {
        const command = readNativeCommand(record, messageBytesMax);
        const name = command.ok ? command.value.name : null;
        const reply = (answer: NativeAnswer) =>
          replyTo(record, commands.out, JSON.stringify(replyOf(name, answer)));
        return {
          order: orderOf(record, command),
          async carryOut() {
            if (!command.ok && !isAnswerable(record)) {
              return { replies: [], deadLetter: 'unreadable' };
            }
            const answer = command.ok
              ? await carryOut(parts, record, command.value)
              : { ok: false as const, error: parts.calls.refuse(command.error) };
            return { replies: [reply(answer)], deadLetter: null };
          },
          answerFault: () => [reply({ ok: false, error: ourFault })],
        };
      },
    },
  ];
}

/** A producer finds its reply by the key or by a header. */
function isAnswerable({ key, headers }: KafkaRecord): boolean {
  return key !== null || headers.length > 0;
}

const ourFault: NativeError = {
  code: 'internal_error',
  title: 'Something is broken on our side',
  detail: 'The command failed for a fault of the server. Send it again with another key.',
  errors: [],
};

async function carryOut(
  { settings, calls, applicationNow }: NativeTopicParts,
  record: KafkaRecord,
  { name, fields, key }: NativeCommand,
): Promise<NativeAnswer> {
  const application = await applicationNow();
  const log = { keepsRefusals: true, waitsForRoom: true } as const;
  const caller: Caller = { application, origin: doorName, ...log };
  // A guess that comes late is judged as any other, and what is canceled late stays canceled.
  const sends = name === 'start' || name === 'resend';
  return settled(
    await calls.call({
      caller: sends ? inTimeOrNot(caller, record, settings) : caller,
      ...{ name, fields, key },
      bytes: record.value?.length ?? 0,
    }),
  );
}

function replyOf(command: string | null, answer: NativeAnswer): object {
  if (!answer.ok) return { command, ...answer };
  const { verification, verdict } = answer;
  return { command, ok: true, verification, ...verdict };
}
