/** What a server shows of one sequence: its verifications, and what the phone received. */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client, Request } from './client.ts';
import type { CodeBook } from './code-book.ts';
import { revealClients } from './doors/flowx-clients.ts';
import { assertForward, assertNoCode } from './invariants.ts';
import type { Span } from './moment.ts';
import type { ApplicationName, Call, ObservedBody, ObservedMessage } from './operations.ts';
import { clientOf } from './start-operations.ts';
import { aheadMsMax, type Target } from './targets.ts';

export interface Sight {
  readonly lists: Readonly<Record<ApplicationName, readonly ObservedBody[]>>;
  readonly messages: readonly ObservedMessage[];
  /** By the machine's clock: when the lists were made. */
  readonly shownAt: Span;
}

export interface Watch {
  /** Asks until every message that was promised has come; tells the code book what it saw. */
  look(calls: readonly Call[], mayComeTwice: boolean): Promise<Sight>;
}

const comingTimeoutMs = 20_000;

export function createWatch(
  target: Target,
  client: Client,
  { prefix, book }: { readonly prefix: string; readonly book: CodeBook },
): Watch {
  let before: readonly ObservedBody[] = [];
  let messages: readonly ObservedMessage[] = [];
  /** How many calls could send something when the messages were last asked for. */
  let sent = 0;

  /** Everything in one write: each of several would wake the server for itself. */
  async function ask(started: Started, withMessages: boolean): Promise<Omit<Sight, 'shownAt'>> {
    const lists = [
      listRequest(target.apiKeys.own, started.own),
      ...(started.other === 0 ? [] : [listRequest(target.apiKeys.other, started.other)]),
    ];
    const requests = [...lists, ...(withMessages ? [messagesRequest(target.apiKeys.own)] : [])];
    const answers = await client.sendTogether(target.urls[0] ?? '', requests);
    for (const [index, { status, text }] of answers.entries()) {
      assert.equal(status, 200, text);
      if (index < lists.length) assertNoCode(text, book.codes);
    }
    const items = <Item>(index: number): readonly Item[] =>
      (answers[index]?.body as { items?: readonly Item[] } | undefined)?.items ?? [];
    // Other sequences of the other application are not forgotten: only ours are looked at.
    const other = items<ObservedBody>(1).filter(({ reference }) =>
      reference?.startsWith(`${prefix}-`),
    );
    const received = withMessages ? items<ObservedMessage>(lists.length) : messages;
    const own = revealClients(items<ObservedBody>(0), received, ({ channel = '' }) =>
      clientOf({ prefix }, channel),
    );
    return {
      lists: { own, other: started.other === 0 ? [] : other },
      messages: received,
    };
  }

  return {
    async look(calls, mayComeTwice) {
      const started = countStarts(calls);
      const sending = calls.filter(
        ({ operation: { kind } }) => kind === 'start' || kind.endsWith('resend'),
      );
      const deadline = Date.now() + comingTimeoutMs;
      for (;;) {
        const fromMs = Date.now() - 1;
        const seen = await ask(started, mayComeTwice || sending.length !== sent);
        const shownAt = { fromMs, toMs: Date.now() + aheadMsMax };
        const { own, other } = seen.lists;
        messages = seen.messages;
        if (mayComeTwice ? isSettled(own) : isComplete(own, messages)) {
          book.read([...own, ...other], messages, calls);
          assertForward(before, own);
          before = own;
          sent = sending.length;
          return { ...seen, shownAt };
        }
        assert.ok(Date.now() < deadline, describe(own, messages));
        await pause(5);
      }
    },
  };
}

type Started = Readonly<Record<ApplicationName, number>>;

/** No more than so many verifications can be there. */
function countStarts(calls: readonly Call[]): Started {
  const counts = { own: 0, other: 0 };
  for (const { operation } of calls) {
    if (operation.kind === 'start') counts[operation.application] += 1;
  }
  return counts;
}

const listedMax = 200;

/**
 * Newest first, so those of this sequence come before any other. One more than can be there: a row
 * that no start made is seen although it is the oldest.
 */
function listRequest(apiKey: string, started: number): Request {
  const limit = Math.min(listedMax, started + 1);
  return { method: 'GET', path: `/v1/verifications?limit=${limit}`, apiKey };
}

function messagesRequest(apiKey: string): Request {
  return { method: 'GET', path: `/v1/sandbox/messages?limit=${listedMax}`, apiKey };
}

function describe(listed: readonly ObservedBody[], messages: readonly ObservedMessage[]): string {
  const lines = listed.map(({ id = '', reference, status, deliveries }) => {
    const received = messages.filter(({ verificationId }) => verificationId === id).length;
    return `${reference} ${status}: ${received} messages for ${JSON.stringify(deliveries)}`;
  });
  return `A message did not come.\n${lines.join('\n')}`;
}

/** Each delivery is one message. */
export function isComplete(
  listed: readonly ObservedBody[],
  messages: readonly ObservedMessage[],
): boolean {
  const counts = new Map<string, number>();
  for (const { verificationId: id } of messages) counts.set(id, (counts.get(id) ?? 0) + 1);
  return listed.every(
    ({ id = '', deliveries = [] }) => (counts.get(id) ?? 0) === deliveries.length,
  );
}

/** Where a message may come twice, one that is still to come shows by its delivery alone. */
export function isSettled(listed: readonly ObservedBody[]): boolean {
  return listed.every(
    ({ status, deliveries = [] }) =>
      status !== 'pending' || deliveries.every((delivery) => delivery.status !== 'queued'),
  );
}
