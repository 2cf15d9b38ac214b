/**
 * Commands as their producer sees them: written to topics, many at once, and answered whatever dies
 * meanwhile. Each is a call of the model's history: made when it is sent, answered when its first
 * reply is read. All replies to a command must be the same, byte by byte.
 */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { CommandTopicName, TopicCommand } from '../model/doors/topic-door.ts';
import type { Asking, Call, ObservedAnswer } from '../model/operations.ts';
import { aheadMsMax } from '../model/targets.ts';
import type { KafkaClient, ReadRecord } from '../parts/kafka-client.ts';

export interface Sent {
  readonly command: TopicCommand;
  /** Null for one that is refused as it is, and so is nothing that the model could judge. */
  readonly operation: Asking | null;
  read(reply: string): ObservedAnswer;
}

/** What `meanwhile` sees of the commands under way, and where it lets things die. */
export interface UnderWay {
  readonly commands: number;
  answered(): number;
  /** What is not answered when it begins may have been cut off by it, and read again. */
  disturb(make: () => Promise<void>): Promise<void>;
}

export interface CommandLog {
  readonly calls: readonly Call[];
  /** Of all commands, repetitions included. */
  replies(): number;
  /** Resolves when every command is answered; answers the calls among them. */
  run(
    commands: readonly Sent[],
    meanwhile: (underWay: UnderWay) => Promise<void>,
  ): Promise<readonly Call[]>;
}

export type TopicNames = Readonly<Partial<Record<CommandTopicName, { in: string; out: string }>>>;

interface Waiting {
  readonly sent: Sent;
  readonly calledAs: number;
  readonly calledMs: number;
  cuts: number;
  first: { readonly reply: ReadRecord; readonly returnedAs: number; readonly ms: number } | null;
}

/** Names a command in its headers, which every reply has too. */
const markHeader = 'mark';
const batchCount = 50;
const answerTimeoutMs = 90_000;
const lookEveryMs = 5;

export function createCommandLog(client: KafkaClient, topics: TopicNames): CommandLog {
  const outTopics = new Set(Object.values(topics).map((topic) => topic.out));
  const calls: Call[] = [];
  const all = new Map<string, Waiting>();
  /** How many of the client's records were looked at; those before it are other tests'. */
  let seen = client.records.length;
  let events = 0;
  let replies = 0;

  function readReplies(): void {
    for (; seen < client.records.length; seen++) {
      const reply = client.records[seen];
      if (reply === undefined || !outTopics.has(reply.topic)) continue;
      replies += 1;
      const mark = reply.headers.find(([name]) => name === markHeader)?.[1]?.toString();
      const waiting = all.get(mark ?? '');
      assert.ok(waiting, `Nobody asked for ${reply.value}`);
      const first = waiting.first?.reply ?? reply;
      const [one, other] = [reply, first].map(({ key, value, headers }) => [key, value, headers]);
      assert.deepEqual(one, other, 'A command has two different replies.');
      waiting.first ??= { reply, returnedAs: events++, ms: Date.now() };
    }
  }

  async function send(commands: readonly Sent[]): Promise<readonly Waiting[]> {
    const marked = commands.map((sent): [string, Waiting] => [
      String(events),
      { sent, calledAs: events++, calledMs: Date.now(), cuts: 0, first: null },
    ]);
    for (const [mark, waiting] of marked) all.set(mark, waiting);
    await client.send(
      marked.map(([mark, { sent }]) => ({
        topic: topics[sent.command.topic]?.in ?? '',
        key: sent.command.key,
        headers: [...sent.command.headers, [markHeader, mark]],
        value: JSON.stringify(sent.command.value),
      })),
    );
    return marked.map(([, waiting]) => waiting);
  }

  return {
    calls,
    replies: () => replies,
    async run(commands, meanwhile) {
      const wave: Waiting[] = [];
      const open = () => wave.filter(({ first }) => first === null);
      const answered = () => {
        readReplies();
        return wave.length - open().length;
      };
      /** Those that are still to be sent come too late for what dies before. */
      let cutsBefore = 0;
      const dying = meanwhile({
        commands: commands.length,
        answered,
        async disturb(make) {
          readReplies();
          for (const waiting of open()) waiting.cuts += 1;
          cutsBefore += 1;
          await make();
        },
      });
      dying.catch(() => {});
      for (let at = 0; at < commands.length; at += batchCount) {
        const begun = await send(commands.slice(at, at + batchCount));
        for (const waiting of begun) waiting.cuts += cutsBefore;
        wave.push(...begun);
      }
      await dying;
      const deadline = Date.now() + answerTimeoutMs;
      while (answered() < commands.length) {
        const lacking = open().map(({ sent }) => JSON.stringify(sent.command));
        assert.ok(Date.now() < deadline, `Never answered: ${lacking.slice(0, 5).join(', ')}`);
        await pause(lookEveryMs);
      }
      const before = calls.length;
      for (const waiting of wave) {
        const call = callOf(waiting, calls.length);
        if (call !== null) calls.push(call);
      }
      return calls.slice(before);
    },
  };
}

/** The call that a command is for the model, with its number among the calls; null for none. */
function callOf(waiting: Waiting, number: number): Call | null {
  const { sent, calledAs, calledMs, cuts, first } = waiting;
  const { operation, command } = sent;
  if (first === null) throw new Error('A command has no reply.');
  const answer = sent.read(String(first.reply.value));
  assert.equal(String(first.reply.key), command.key);
  if (operation === null) return null;
  // It stands for the record's place, by which a server knows it again.
  const key = `record-${calledAs}`;
  return {
    ...{ number, node: 0, operation: { ...operation, key } },
    ...{ calledAs, returnedAs: first.returnedAs, answer, cutsMax: cuts },
    lane: `${command.topic} ${command.key}`,
    span: { fromMs: calledMs, toMs: first.ms + aheadMsMax },
  };
}
