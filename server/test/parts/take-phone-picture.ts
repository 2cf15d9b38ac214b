/**
 * Makes the picture of the virtual phone that the README shows: `node
 * server/test/parts/take-phone-picture.ts`. The letters are those of the machine's system font.
 */
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import {
  type RunningServer,
  readCode,
  startDevelopmentServer,
} from '../end-to-end/running-server.ts';
import { openChromium } from './chromium.ts';

const picture = fileURLToPath(new URL('../../../docs/start/virtual-phone.png', import.meta.url));
const viewport = { width: 1280, height: 800 };

async function fill(server: RunningServer): Promise<void> {
  const start = (recipient: string, more: object) =>
    server.call('POST', '/v1/verifications', { recipient, sender: 'Lumen', ...more });
  await start('+447400123456', { text: '{{code}} is your Lumen code.' });
  await server.call('POST', '/v1/sandbox/clock', { advanceSeconds: 40 });
  const paid = await start('+14155550123', {
    channel: 'whatsapp',
    purpose: 'payment',
    text: '{{code}} confirms your payment of 48.00 EUR to Lumen Books. Share it with nobody.',
  });
  const code = await readCode(server, '+14155550123');
  await server.call('POST', `/v1/verifications/${paid.body.id}/check`, { code });
  await start('ana@example.com', {});
  await server.call('POST', '/v1/sandbox/clock', { advanceSeconds: 35 });
  await start('+14155550123', {
    text: 'Your Lumen code is {{code}}. It expires in 5 minutes. We will never ask you for it.',
  });
}

async function pose(page: Page): Promise<void> {
  const message = page.locator('article[aria-label*="+14155550123"]').first();
  await message.waitFor();
  const mail = page.locator('article.mail').first();
  await mail.getByRole('button', { name: 'Formatted' }).click();
  const code = await mail.locator('.code').innerText();
  await mail.locator('iframe').contentFrame().getByText(code).first().waitFor();
  await page.getByLabel('To a phone number').fill('+1 415 555 0123');
  await page.getByRole('heading', { name: 'Inbox' }).click();
}

const server = await startDevelopmentServer();
const browser = await openChromium({
  skip: (reason) => {
    process.stderr.write(`${reason}\n`);
  },
});
try {
  if (browser !== null) {
    await fill(server);
    const options = { viewport, deviceScaleFactor: 1.5, locale: 'en-GB' };
    const page = await (
      await browser.newContext({ ...options, reducedMotion: 'reduce' })
    ).newPage();
    await page.goto(server.url);
    await pose(page);
    await page.screenshot({ path: picture });
  }
} finally {
  await browser?.close();
  await server.remove();
}
