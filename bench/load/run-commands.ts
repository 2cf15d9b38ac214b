/**
 * Commands over Kafka: callers in closed loops, a warm-up that is not counted, and a window that
 * is. Every reply has to be right and comes once, and every start brings one message.
 */
import { type Commands, openCommands } from './commands.ts';
import type { FreshNumber } from './fresh-numbers.ts';
import type { Gateways } from './gateways.ts';
import { textAfter } from './http-text.ts';
import type { KafkaLoad, LoadResult } from './protocol.ts';
import { createSamples } from './samples.ts';
import { resultOf } from './window.ts';

export interface CommandContext {
  readonly load: KafkaLoad;
  readonly gateways: Gateways;
  readonly freshNumber: FreshNumber;
  /** The counted window begins now. */
  begin(): void;
}

/** A verification whose code has come. */
interface Made {
  readonly number: string;
  readonly id: string;
  readonly code: string;
}

/** What starts alone have made, for the checks alone that follow. */
const made: Made[] = [];
/** After the last reply a message may be this much later. */
const messagesMaxMs = 30_000;

export async function runCommands(context: CommandContext): Promise<LoadResult> {
  const { load, gateways } = context;
  gateways.expect(load.shape.message);
  const commands = await openCommands(load.shape);
  try {
    return await Promise.race([runSteps(context, commands), commands.failure]);
  } finally {
    gateways.forget();
    await commands.close();
  }
}

async function runSteps(context: CommandContext, commands: Commands): Promise<LoadResult> {
  const { load, gateways } = context;
  const {
    steps,
    callers,
    shape: { isEcho },
  } = load;
  const count = createCount(context);
  const samples = { start: createSamples(), check: createSamples(), handOver: createSamples() };
  const person = createPerson(context, commands, (name, ms) => {
    if (count.isOpen()) samples[name].add(ms);
    if (name !== 'handOver') count.reply();
  });
  const messages: Promise<unknown>[] = [];
  if (steps === 'starts' && !isEcho) made.length = 0;

  async function startOnly(): Promise<void> {
    const { message } = await person.start();
    if (!isEcho) messages.push(message.then((one) => made.push(one)));
  }

  async function loop(): Promise<void> {
    while (!count.isOver()) {
      if (steps === 'starts') {
        await startOnly();
        continue;
      }
      const one = steps === 'checks' ? made.pop() : await (await person.start()).message;
      if (one === undefined) return;
      await person.check(one);
    }
  }

  await Promise.all(Array.from({ length: callers }, loop));
  const counted = count.end();
  await inTime(Promise.all(messages));
  const strayMessages = gateways.strayMessages + commands.strayReplies;
  return resultOf(samples, { ...counted, strayMessages });
}

/** What one person's commands are, and how long each takes. */
function createPerson(
  { load: { shape }, gateways, freshNumber }: CommandContext,
  commands: Commands,
  take: (name: 'start' | 'check' | 'handOver', ms: number) => void,
) {
  return {
    /** Answered once the reply is there; the message may come before or after it. */
    async start(): Promise<{ readonly message: Promise<Made> }> {
      const number = freshNumber();
      const sentAtMs = performance.now();
      const message = shape.isEcho ? null : gateways.messageTo(number);
      const reply = await commands.ask(shape.start, { number, id: '', code: '' });
      take('start', performance.now() - sentAtMs);
      const id = shape.idAfter === null ? '' : textAfter(reply, shape.idAfter);
      if (id === null) throw new Error(`A start told no id: ${reply.slice(0, 300)}`);
      if (message === null) return { message: Promise.resolve({ number, id, code: '' }) };
      return {
        message: message.then(({ code, atMs }) => {
          take('handOver', atMs - sentAtMs);
          return { number, id, code };
        }),
      };
    },
    async check(one: Made): Promise<void> {
      const sentAtMs = performance.now();
      await commands.ask(shape.check, one);
      take('check', performance.now() - sentAtMs);
    },
  };
}

/** Replies from the end of the warm-up on, until the window ends or nothing is left to ask. */
function createCount({ load: { warmUpSeconds, seconds }, begin }: CommandContext) {
  const warmUntilMs = performance.now() + warmUpSeconds * 1_000;
  let [beganAtMs, endAtMs, lastAtMs, done] = [0, Number.POSITIVE_INFINITY, 0, 0];
  let usage = process.cpuUsage();
  const isOpen = () => beganAtMs > 0 && performance.now() < endAtMs;
  return {
    isOver: () => performance.now() >= endAtMs,
    isOpen,
    reply(): void {
      const nowMs = performance.now();
      if (isOpen()) [done, lastAtMs] = [done + 1, nowMs];
      if (beganAtMs > 0 || nowMs < warmUntilMs) return;
      beganAtMs = nowMs;
      endAtMs = nowMs + seconds * 1_000;
      usage = process.cpuUsage();
      begin();
    },
    end: () => ({
      done,
      seconds: (lastAtMs - beganAtMs) / 1_000,
      usage: process.cpuUsage(usage),
    }),
  };
}

async function inTime(messages: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('A message did not come.')), messagesMaxMs);
  await Promise.race([messages, late.promise]).finally(() => clearTimeout(timer));
}
