/**
 * Commands of many people, and what became of them. Whatever dies meanwhile: every command is
 * answered, a repeated reply is the same as the first, and nobody is sent two different codes, or
 * the one more often than a crash between a hand-over and its record allows.
 */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { type RunningServer, waitFor } from '../end-to-end/running-server.ts';
import type { KafkaClient, ReadRecord, SentRecord } from '../parts/kafka-client.ts';
import { codesOf, repliesOf, type Topics } from './kafka-site.ts';

export interface People {
  readonly names: readonly string[];
  codeOf(name: string): string;
}

/** A hand-over that was not recorded before a kill is made again, once for each kill. */
export interface Allowed {
  readonly messagesMax: number;
}

const answerTimeoutMs = 90_000;
const batchCount = 50;

export function addressOf(name: string): string {
  return `${name}@example.com`;
}

/** A code for each of them; `meanwhile` is where things die. Answers the replies' number. */
export async function askForCodes(
  client: KafkaClient,
  topics: Topics,
  names: readonly string[],
  meanwhile: (answered: () => number) => Promise<void>,
): Promise<number> {
  const commands = names.map((name) => ({
    topic: topics.generateIn,
    key: name,
    headers: [['processInstanceId', '7']] as const,
    value: JSON.stringify({
      ...{ templateName: 'otpMail', channel: 'MAIL', language: 'en' },
      ...{ clientId: name, recipient: addressOf(name) },
    }),
  }));
  const replies = await sendAll(client, topics.generateOut, commands, meanwhile);
  for (const reply of replies) {
    const { clientId, otpSent, error } = JSON.parse(String(reply.value));
    assert.equal(clientId, String(reply.key));
    assert.equal(otpSent, true, `${clientId}: ${error}`);
  }
  return replies.length;
}

/** One guess for each, right or wrong as `isRight` has it, and the verdict that must follow. */
export async function guessCodes(
  client: KafkaClient,
  topics: Topics,
  people: People,
  meanwhile: (answered: () => number) => Promise<void>,
): Promise<number> {
  const guesses = people.names.map((name) => ({
    topic: topics.validateIn,
    key: name,
    value: JSON.stringify({ clientId: name, channel: 'MAIL', otp: people.codeOf(name) }),
  }));
  const replies = await sendAll(client, topics.validateOut, guesses, meanwhile);
  for (const { key, value } of replies) {
    assert.equal(JSON.parse(String(value)).otpValid, true, `the code of ${String(key)}`);
  }
  return replies.length;
}

/** Every command has a reply, and all replies to one are alike. */
async function sendAll(
  client: KafkaClient,
  topic: string,
  commands: readonly (SentRecord & { readonly key: string })[],
  meanwhile: (answered: () => number) => Promise<void>,
): Promise<readonly ReadRecord[]> {
  const keys = new Set(commands.map(({ key }) => key));
  const repliesNow = () =>
    repliesOf(client, topic).filter(({ key }) => key !== null && keys.has(key.toString()));
  const answered = () => new Set(repliesNow().map(({ key }) => String(key))).size;
  const dying = meanwhile(answered);
  for (let sent = 0; sent < commands.length; sent += batchCount) {
    await client.send(commands.slice(sent, sent + batchCount));
  }
  await dying;
  await waitFor(async () => (answered() === keys.size ? true : null), answerTimeoutMs);
  const first = new Map<string, ReadRecord>();
  for (const reply of repliesNow()) {
    const name = String(reply.key);
    const { value, headers } = first.get(name) ?? reply;
    first.set(name, first.get(name) ?? reply);
    assert.deepEqual([reply.value, reply.headers], [value, headers], `replies to ${name} differ`);
  }
  return repliesNow();
}

/** What everybody was sent, once the last message is there. */
export async function readPeople(
  server: RunningServer,
  names: readonly string[],
  { messagesMax }: Allowed,
): Promise<People & { readonly messages: number }> {
  const codes = new Map<string, string>();
  let messages = 0;
  for (const name of names) {
    const sent = await waitFor(async () => {
      const found = await codesOf(server, addressOf(name));
      return found.length > 0 ? found : null;
    }, answerTimeoutMs);
    assert.equal(new Set(sent).size, 1, `${name} got different codes`);
    assert.ok(sent.length <= messagesMax, `${name} got ${sent.length} messages`);
    codes.set(name, sent[0] ?? '');
    messages += sent.length;
  }
  return { names, messages, codeOf: (name) => codes.get(name) ?? '' };
}

/** Resolves when so many are answered: the moment for something to die. */
export async function untilAnswered(answered: () => number, count: number): Promise<void> {
  while (answered() < count) await pause(5);
}
