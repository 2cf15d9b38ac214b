/** What a server shows of the people of a history: their verifications, and what they received. */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { RunningServer } from '../end-to-end/running-server.ts';
import { createClient } from '../model/client.ts';
import { revealClients } from '../model/doors/flowx-clients.ts';
import type { Span } from '../model/moment.ts';
import type { ObservedBody, ObservedMessage } from '../model/operations.ts';
import { aheadMsMax } from '../model/targets.ts';
import { isComplete, isSettled } from '../model/watch.ts';
import type { Client } from './draw-commands.ts';

export interface Sight {
  /** Newest first. */
  readonly listed: readonly ObservedBody[];
  readonly messages: readonly ObservedMessage[];
  /** By the machine's clock. */
  readonly shownAt: Span;
}

/** A node that died had messages in its hands, and others wait until they may take them. */
const comingTimeoutMs = 90_000;
const lookEveryMs = 50;
const pageMax = 200;
const requestsAtOnce = 20;

/** Asks until every message that was promised has come. */
export async function look(
  node: () => RunningServer,
  clients: readonly Client[],
  mayComeTwice: boolean,
): Promise<Sight> {
  const deadline = Date.now() + comingTimeoutMs;
  for (;;) {
    const fromMs = Date.now() - 1;
    const items = await listAll(node());
    const messages = await readPhones(node(), clients);
    const listed = revealClients(items, messages, ({ recipient = '' }, known) => {
      const names = clients.find((one) => one.recipient.endsWith(recipient.slice(-4)))?.names;
      return names?.find((name) => !known.has(name));
    });
    if (mayComeTwice ? isSettled(listed) : isComplete(listed, messages)) {
      return { listed, messages, shownAt: { fromMs, toMs: Date.now() + aheadMsMax } };
    }
    assert.ok(Date.now() < deadline, 'A message did not come.');
    await pause(lookEveryMs);
  }
}

async function listAll(node: RunningServer): Promise<readonly ObservedBody[]> {
  const items: ObservedBody[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query = new URLSearchParams({ limit: String(pageMax), cursor });
    const { status, body, text } = await node.call('GET', `/v1/verifications?${query}`);
    assert.equal(status, 200, text);
    items.push(...body.items);
    cursor = body.nextCursor;
  }
  return items;
}

async function readPhones(
  { url, apiKey }: RunningServer,
  clients: readonly Client[],
): Promise<readonly ObservedMessage[]> {
  const asking = createClient();
  const messages: ObservedMessage[] = [];
  try {
    for (let at = 0; at < clients.length; at += requestsAtOnce) {
      const requests = clients.slice(at, at + requestsAtOnce).map(({ recipient }) => {
        const query = new URLSearchParams({ recipient, limit: String(pageMax) });
        return { method: 'GET', path: `/v1/sandbox/messages?${query}`, apiKey } as const;
      });
      for (const { status, text } of await asking.sendTogether(url, requests)) {
        assert.equal(status, 200, text);
        const { items }: { items: readonly ObservedMessage[] } = JSON.parse(text);
        messages.push(...items);
      }
    }
  } finally {
    asking.close();
  }
  return messages;
}
