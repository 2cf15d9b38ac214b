import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { type RunningServer, startDevelopmentServer } from '../end-to-end/running-server.ts';
import { openChromium } from './chromium.ts';

/**
 * The virtual phone in a real Chromium, on the real server, for a file of tests. At the end of each
 * the page's console holds no error and no violation of its policy, and the page has asked nobody
 * but its own server for anything.
 */
const wide = { width: 1280, height: 900 };
let server: RunningServer;
let browser: Browser | null = null;
let missing = '';

before(async () => {
  server = await startDevelopmentServer();
  browser = await openChromium({
    skip(reason) {
      missing = reason ?? '';
    },
  });
});

after(async () => {
  await browser?.close();
  await server.remove();
});

export interface Visit {
  readonly page: Page;
  /** The card of the newest message to a recipient. */
  readonly card: (recipient: string) => Locator;
}

/** A test with a fresh sandbox and a fresh browser window on the page. */
export function visit(
  name: string,
  act: (visit: Visit) => Promise<void>,
  options: BrowserContextOptions & { readonly path?: string } = {},
): void {
  test(name, async (context) => {
    if (browser === null) return context.skip(missing);
    await server.call('POST', '/v1/sandbox/reset');
    const { path = '/', ...window } = options;
    const opened = await browser.newContext({ viewport: wide, locale: 'en-GB', ...window });
    try {
      const page = await opened.newPage();
      const complaints = collectComplaints(page);
      await page.goto(server.url + path);
      await page.locator('#connection[data-state="live"]').waitFor();
      await page.locator('#application').waitFor();
      const card = (recipient: string) =>
        page.locator(`article[aria-label*="${recipient}"]`).first();
      await act({ page, card });
      assert.deepEqual(complaints, []);
    } finally {
      await opened.close();
    }
  });
}

function collectComplaints(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // The browser notes refusals of ours and a server that is away; the page tells of them itself.
    const isTold = /^Failed to load resource: .*(status of 4\d\d|net::ERR_)/.test(message.text());
    if (['error', 'warning'].includes(message.type()) && !isTold) complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(`${server.url}/`)) complaints.push(`asked ${request.url()}`);
  });
  return complaints;
}

export async function start(recipient: string, more: object = {}): Promise<{ id: string }> {
  const { status, body } = await server.call('POST', '/v1/verifications', { recipient, ...more });
  assert.equal(status, 201, JSON.stringify(body));
  return body;
}

/** One recipient may be sent one message in 30 seconds. */
export async function waitBetweenSends(): Promise<void> {
  await server.call('POST', '/v1/sandbox/clock', { advanceSeconds: 31 });
}

export function statusOf(card: Locator, status: string): Promise<void> {
  return card.locator(`.badge[data-status="${status}"]`).waitFor();
}

export function codeIn(card: Locator): Promise<string> {
  return card.locator('.code').innerText();
}

/** The same server again, on the same data; `whenAway` runs in between. */
export async function restartServer(whenAway: () => Promise<void>): Promise<number | null> {
  const exitCode = await server.stop();
  await whenAway();
  server = await server.restart();
  return exitCode;
}

export const call: RunningServer['call'] = (...parts) => server.call(...parts);
