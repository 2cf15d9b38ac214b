/** That everybody can use the page: keyboard, screen reader, small and enlarged screens. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import {
  codeIn,
  start,
  statusOf,
  visit,
  waitBetweenSends,
} from '../../../test/parts/visit-phone.ts';

/** Presses Tab until the field of this name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let steps = 0; steps < 40; steps++) {
    if ((await page.locator(':focus').getAttribute('name')) === name) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`the field ${name} is out of the keyboard's reach`);
}

visit('a number is proved with the keyboard alone', async ({ page, card }) => {
  const focused = () => page.locator(':focus');
  await page.keyboard.press('Tab');
  assert.equal(await focused().innerText(), 'Skip to the messages');
  await tabTo(page, 'recipient');
  await page.keyboard.type('+14155550123');
  await page.keyboard.press('Enter');
  await card('+14155550123').waitFor();
  // A message that arrives takes the focus from nobody.
  assert.equal(await focused().getAttribute('id'), 'recipient');
  const code = await codeIn(card('+14155550123'));
  await tabTo(page, 'code');
  const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
  assert.equal(outline, 'solid');
  await page.keyboard.type(code);
  await page.keyboard.press('Enter');
  await statusOf(card('+14155550123'), 'approved');
  assert.equal(await focused().getAttribute('name'), 'code');
});

visit('messages that arrive disturb nobody who is typing', async ({ page, card }) => {
  await start('+14155550123');
  await start('+447400123456');
  const field = card('+14155550123').getByLabel('Type the code as your user would');
  await field.pressSequentially('12');
  await start('+4915112345678');
  await waitBetweenSends();
  await start('+447400123456', { purpose: 'payment' });
  await card('+4915112345678').waitFor();
  await page.keyboard.type('34');
  assert.equal(await field.inputValue(), '1234');
  const order = await page
    .locator('.conversation')
    .evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')));
  assert.deepEqual(order, ['+447400123456', '+4915112345678', '+14155550123']);
});

visit('a new message is announced politely, its code character by character', async ({ page }) => {
  await start('+14155550123', { customCode: '482913' });
  const region = page.locator('[aria-live="polite"]');
  await region.filter({ hasText: 'New SMS for +14155550123. Code 4 8 2 9 1 3.' }).waitFor();
});

visit('everything that can be operated has a name', async ({ page, card }) => {
  await start('+14155550123');
  await start('ana@example.com');
  await card('ana@example.com').getByRole('button', { name: 'Formatted' }).click();
  await page.getByText('Test recipients').click();
  await page.getByRole('button', { name: 'Reset…' }).click();
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await page.keyboard.press('Escape');
  const rest = (await session.send('Accessibility.getFullAXTree')).nodes;
  const operable = [
    'button',
    'link',
    'textbox',
    'combobox',
    'dialog',
    'region',
    'article',
    'Iframe',
  ];
  const found = [...nodes, ...rest].filter(
    ({ ignored, role }) => !ignored && operable.includes(String(role?.value)),
  );
  assert.ok(found.length > 25, `only ${found.length} were found`);
  const nameless = found.filter(({ name }) => String(name?.value ?? '').trim() === '');
  assert.deepEqual(
    nameless.map(({ role }) => role?.value),
    [],
  );
  const buttons = page.locator('article').getByRole('button', { name: /^Copy code \d/ });
  assert.equal(await buttons.count(), 2);
});

const windows: readonly [string, { width: number; height: number }][] = [
  ['a small phone', { width: 320, height: 600 }],
  ['a tablet', { width: 768, height: 1024 }],
  ['a screen enlarged to 200 %', { width: 640, height: 450 }],
];

for (const [name, viewport] of windows) {
  visit(
    `${name} shows everything without scrolling sideways`,
    async ({ page, card }) => {
      await start('+14155550123', { text: `${'a'.repeat(120)} {{code}}` });
      await start(`${'long-name.'.repeat(6)}x@department.example.com`);
      await card('@department.example.com').waitFor();
      await card('+14155550123').waitFor();
      const root = page.locator('html');
      const over = await root.evaluate((one) => one.scrollWidth - one.clientWidth);
      assert.equal(over, 0);
    },
    { viewport },
  );
}
