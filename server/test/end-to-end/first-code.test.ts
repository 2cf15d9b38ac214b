import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { openChromium } from '../parts/chromium.ts';
import { repository } from '../source-files.ts';
import { type RunningServer, startDevelopmentServer } from './running-server.ts';

/** The main job, as somebody does it who has just cloned the repository. */

/** The command that the server prints, run by a shell as it stands. */
function runPrintedCommand(server: RunningServer): { id: string; status: string } {
  const printed = /curl [\s\S]+?'\{[^']+\}'/.exec(server.output())?.[0];
  assert.ok(printed !== undefined, `no curl in:\n${server.output()}`);
  return JSON.parse(execFileSync('sh', ['-c', printed], { encoding: 'utf8' }));
}

test('the printed command sends a code to the phone, and it proves the number', async (context) => {
  const browser = await openChromium(context);
  if (browser === null) return;
  const server = await startDevelopmentServer();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(server.url);
    await page.locator('#connection[data-state="live"]').waitFor();
    const started = runPrintedCommand(server);
    assert.equal(started.status, 'pending');

    const message = page.locator('article[aria-label*="+14155550123"]').first();
    await message.waitFor();
    const code = /\b\d{6}\b/.exec(await message.innerText())?.[0];
    assert.ok(code !== undefined, 'the message on the page shows a code');
    const pictures = join(repository, '.cache', 'pictures');
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, 'first-code.png') });

    const path = `/v1/verifications/${started.id}/check`;
    const { status, body } = await server.call('POST', path, { code });
    assert.equal(status, 200);
    assert.equal(body.approved, true);
    const shown = await fetch(`${server.url}/v1/keys`);
    const keys = createLocalJWKSet((await shown.json()) as JSONWebKeySet);
    const { payload, protectedHeader } = await jwtVerify(body.proof, keys, {
      issuer: server.url,
      audience: server.application,
      algorithms: ['EdDSA'],
    });
    assert.equal(payload['vid'], started.id);
    assert.equal(payload['purpose'], body.purpose);
    assert.equal(protectedHeader.alg, 'EdDSA');
    assert.equal(payload['recipient'], undefined, 'a proof names nobody unless it is asked to');
  } finally {
    await browser.close();
    await server.remove();
  }
});
