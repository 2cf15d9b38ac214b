/** What the page shows and does, in a real Chromium on the real server. */
import assert from 'node:assert/strict';
import {
  call,
  codeIn,
  restartServer,
  start,
  statusOf,
  visit,
  waitBetweenSends,
} from '../../../test/parts/visit-phone.ts';

visit('a message that the application sends appears by itself', async ({ page, card }) => {
  await page.getByText('No messages yet').waitFor();
  await start('+14155550123');
  const message = card('+14155550123');
  await message.waitFor();
  assert.match(await codeIn(message), /^\d{6}$/);
  await statusOf(message, 'pending');
  assert.match(
    await message.innerText(),
    /SMS[\s\S]*\d:\d\d left[\s\S]*5 checks left[\s\S]*1 part/,
  );
  assert.equal(await page.getByText('No messages yet').isVisible(), false);
});

visit('the right code that is typed on the page approves', async ({ page, card }) => {
  const { id } = await start('+14155550123');
  const message = card('+14155550123');
  await message.getByLabel('Type the code as your user would').fill(await codeIn(message));
  await message.getByRole('button', { name: 'Check', exact: true }).click();
  await message.getByText('Right. The verification is approved.').waitFor();
  await statusOf(message, 'approved');
  await message.getByRole('button', { name: 'Copy proof' }).waitFor();
  const { body } = await call('GET', `/v1/verifications/${id}`);
  assert.equal(body.status, 'approved');
  await page.reload();
  await statusOf(message, 'approved');
});

visit('a wrong code says so, and how many checks are left', async ({ card }) => {
  await start('+14155550123', { checksMax: 2 });
  const message = card('+14155550123');
  const right = await codeIn(message);
  const wrong = right === '000000' ? '111111' : '000000';
  const field = message.getByLabel('Type the code as your user would');
  await field.fill(wrong);
  await field.press('Enter');
  await message.getByText('Wrong code. 1 check left.').waitFor();
  await field.fill(wrong);
  await field.press('Enter');
  await message.getByText('that was the last check').waitFor();
  await statusOf(message, 'failed');
});

visit('a check by the application changes the badge while one looks', async ({ card }) => {
  const { id } = await start('+14155550123');
  const message = card('+14155550123');
  const code = await codeIn(message);
  await call('POST', `/v1/verifications/${id}/check`, { code });
  await statusOf(message, 'approved');
});

visit('a newer start takes the place of the older one on the page too', async ({ page, card }) => {
  await start('+14155550123');
  await statusOf(card('+14155550123'), 'pending');
  await waitBetweenSends();
  await start('+14155550123');
  await statusOf(page.locator('article').nth(1), 'canceled');
  await statusOf(card('+14155550123'), 'pending');
});

visit('a code is sent from the page, by a channel of choice', async ({ page, card }) => {
  await page.getByLabel('To a phone number').fill('+44 7400 123456');
  await page.getByLabel('Channel').selectOption('WhatsApp');
  await page.getByRole('button', { name: 'Send code' }).click();
  const message = card('+447400123456');
  await message.waitFor();
  assert.match(await message.innerText(), /WhatsApp/);
  await page.getByText(/Sent to \+44.*3456 by WhatsApp\./).waitFor();
});

visit('what is refused is told in words, beside the field', async ({ page }) => {
  await page.getByRole('button', { name: 'Send code' }).click();
  await page.getByText('Type a phone number or an e-mail address first.').waitFor();
  const field = page.getByLabel('To a phone number');
  assert.equal(await field.evaluate((one) => one.matches(':focus')), true);
  await field.fill('banana');
  await field.press('Enter');
  const words = page.locator('#composer-result[data-kind="problem"]');
  await words.filter({ hasNotText: 'first' }).waitFor();
  assert.match(await words.innerText(), /\w{3}.*\.$/);
});

visit('a test recipient shows what its provider does', async ({ page }) => {
  await page.getByText('Test recipients').click();
  await page
    .getByRole('listitem')
    .filter({ hasText: 'refuses' })
    .getByRole('button')
    .first()
    .click();
  await page.getByLabel('To a phone number').press('Enter');
  await page.getByText(/The message to \+12.* could not be sent\./).waitFor();
});

visit(
  'the code is copied',
  async ({ page, card }) => {
    await start('+14155550123');
    const message = card('+14155550123');
    await message.getByRole('button', { name: /^Copy code/ }).click();
    await message.getByText('Copied').waitFor();
    const copied = await page.evaluate('navigator.clipboard.readText()');
    assert.equal(copied, await codeIn(message));
  },
  { permissions: ['clipboard-read', 'clipboard-write'] },
);

visit(
  'without the clipboard’s interface the code is copied all the same',
  async ({ page, card }) => {
    await page.evaluate(() => {
      Object.defineProperty(navigator, 'clipboard', { value: undefined });
    });
    await start('+14155550123');
    const button = card('+14155550123').getByRole('button', { name: /^Copy code/ });
    await button.click();
    await card('+14155550123').getByText('Copied').waitFor();
    assert.equal(await button.evaluate((one) => one.matches(':focus')), true);
  },
);

visit('the filter shows one recipient, and the address keeps it', async ({ page, card }) => {
  await start('+14155550123');
  await start('+447400123456');
  await card('+447400123456').waitFor();
  await page.getByLabel('Recipient').selectOption('+14155550123');
  await card('+447400123456').waitFor({ state: 'detached' });
  assert.match(page.url(), /#recipient=%2B14155550123$/);
  await page.reload();
  await card('+14155550123').waitFor();
  await start('+4915112345678');
  await waitBetweenSends();
  await start('+14155550123', { purpose: 'payment' });
  await page.locator('article').nth(1).waitFor();
  assert.equal(await page.locator('article').count(), 2);
  await page.goBack();
  await card('+4915112345678').waitFor();
});

visit(
  'a filter in the address may be written as people write numbers',
  async ({ page, card }) => {
    await start('+14155550123');
    await start('+447400123456');
    await card('+14155550123').waitFor();
    assert.equal(await page.locator('article').count(), 1);
  },
  { path: '/#recipient=%2B1%20(415)%20555-0123' },
);

visit('an e-mail comes with its subject, and its HTML part in a cell', async ({ page, card }) => {
  await start('ana@example.com');
  const mail = card('ana@example.com');
  const code = await codeIn(mail);
  assert.notEqual(await mail.getByRole('heading').innerText(), '');
  await mail.getByRole('button', { name: 'Formatted' }).click();
  const frame = mail.locator('iframe');
  await frame.contentFrame().getByText(code).first().waitFor();
  assert.equal(await frame.getAttribute('sandbox'), '');
  await mail.getByRole('button', { name: 'Plain text' }).click();
  await mail.locator('.mail-text').waitFor();
  assert.equal(await page.title(), 'Virtual phone · Watchword');
});

visit('a text can hold anything and stays a text', async ({ page, card }) => {
  const text = '<img src=x onerror="document.title=1"><script>document.title=2</script> {{code}}';
  await start('+14155550123', { text });
  const message = card('+14155550123');
  assert.match(await message.locator('.text').innerText(), /^<img src=x onerror=/);
  assert.equal(await message.locator('img, script').count(), 0);
  assert.equal(await page.title(), 'Virtual phone · Watchword');
});

visit('the clock moves, and what is due by then is over', async ({ page, card }) => {
  await start('+14155550123');
  await statusOf(card('+14155550123'), 'pending');
  await page.getByRole('button', { name: '+1 h' }).click();
  await statusOf(card('+14155550123'), 'expired');
  await page
    .locator('#clock-ahead')
    .filter({ hasText: /\bh\b.*ahead/ })
    .waitFor();
  await card('+14155550123').getByRole('button', { name: 'Check a code again' }).click();
  const field = card('+14155550123').getByLabel('Type the code as your user would');
  await field.fill(await codeIn(card('+14155550123')));
  await field.press('Enter');
  await page.getByText('Too late: the code has expired.').waitFor();
});

visit('everything is forgotten, but only when it is confirmed', async ({ page, card }) => {
  await start('+14155550123');
  await card('+14155550123').waitFor();
  const reset = page.getByRole('button', { name: 'Reset…' });
  await reset.click();
  await page.keyboard.press('Escape');
  assert.equal(await card('+14155550123').count(), 1);
  await reset.click();
  await page.getByRole('button', { name: 'Reset', exact: true }).click();
  await page.getByText('No messages yet').waitFor();
  assert.equal(await page.getByRole('dialog').count(), 0);
  const { body } = await call('GET', '/v1/sandbox/messages');
  assert.deepEqual(body.items, []);
});

visit('the page comes back by itself when its server does', async ({ page, card }) => {
  await start('+14155550123');
  await card('+14155550123').waitFor();
  const exitCode = await restartServer(() =>
    page.locator('#connection[data-state="connecting"]').waitFor(),
  );
  assert.equal(exitCode, 0, 'an open page kept the server from closing');
  await start('+447400123456');
  await card('+447400123456').waitFor();
  await card('+14155550123').waitFor();
  await page.locator('#connection[data-state="live"]').waitFor();
});
