/** What a server shows of one sequence: its verifications, and what the phone received. */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from './client.ts';
import type { CodeBook } from './code-book.ts';
import { assertForward, assertNoCode } from './invariants.ts';
import type { Span } from './moment.ts';
import type { ApplicationName, Call, ObservedBody, ObservedMessage } from './operations.ts';
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

  async function get<Item>(path: string, application: ApplicationName): Promise<readonly Item[]> {
    const apiKey = target.apiKeys[application];
    const answer = await client.send(target.urls[0] ?? '', { method: 'GET', path, apiKey });
    assert.equal(answer.status, 200, answer.text);
    if (!path.includes('sandbox')) assertNoCode(answer.text, book.codes);
    return (answer.body as { items: readonly Item[] }).items;
  }

  /** Other sequences of the other application are not forgotten: only ours are looked at. */
  async function list(application: ApplicationName): Promise<readonly ObservedBody[]> {
    const items = await get<ObservedBody>('/v1/verifications?limit=200', application);
    return items.filter(({ reference }) => reference?.startsWith(`${prefix}-`) === true);
  }

  return {
    async look(calls, mayComeTwice) {
      const touchesOther = calls.some(
        ({ operation }) => operation.kind === 'start' && operation.application === 'other',
      );
      const sending = calls.filter(
        ({ operation: { kind } }) => kind === 'start' || kind === 'resend',
      );
      const deadline = Date.now() + comingTimeoutMs;
      for (;;) {
        const fromMs = Date.now() - 1;
        const own = await list('own');
        const other = touchesOther ? await list('other') : [];
        const shownAt = { fromMs, toMs: Date.now() + aheadMsMax };
        if (mayComeTwice || sending.length !== sent) {
          messages = await get<ObservedMessage>('/v1/sandbox/messages?limit=200', 'own');
        }
        if (mayComeTwice ? isSettled(own) : isComplete(own, messages)) {
          book.read([...own, ...other], messages, calls);
          assertForward(before, own);
          before = own;
          sent = sending.length;
          return { lists: { own, other }, messages, shownAt };
        }
        assert.ok(Date.now() < deadline, describe(own, messages));
        await pause(5);
      }
    },
  };
}

function describe(listed: readonly ObservedBody[], messages: readonly ObservedMessage[]): string {
  const lines = listed.map(({ id = '', reference, status, deliveries }) => {
    const received = messages.filter(({ verificationId }) => verificationId === id).length;
    return `${reference} ${status}: ${received} messages for ${JSON.stringify(deliveries)}`;
  });
  return `A message did not come.\n${lines.join('\n')}`;
}

/** Each delivery is one message. */
function isComplete(
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
function isSettled(listed: readonly ObservedBody[]): boolean {
  return listed.every(
    ({ status, deliveries = [] }) =>
      status !== 'pending' || deliveries.every((delivery) => delivery.status !== 'queued'),
  );
}
