import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { type Browser, chromium } from 'playwright-core';

/**
 * A real Chromium for tests of pages: the system's own, or installed from the system's packages
 * where that can be done. What cannot be had is named, never passed over in silence.
 */
const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const installTimeoutMs = 240_000;

// No sandbox of its own, for tests run as root in containers; and no traffic of its own, for they
// run without a network.
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Null when there is none, after `context` was told why; with CI=true that is a failure. */
export async function openChromium(context: Pick<TestContext, 'skip'>): Promise<Browser | null> {
  const found = findChromium();
  if ('path' in found) return chromium.launch({ executablePath: found.path, args: flags });
  if (process.env['CI'] === 'true') throw new Error(found.reason);
  context.skip(found.reason);
  return null;
}

export function findChromium(): { readonly path: string } | { readonly reason: string } {
  const wanted = process.env['CHROME_PATH'];
  if (wanted !== undefined) {
    return existsSync(wanted)
      ? { path: wanted }
      : { reason: `CHROME_PATH: there is no ${wanted}.` };
  }
  const there = places.find((place) => existsSync(place));
  if (there !== undefined) return { path: there };
  return installChromium();
}

function installChromium(): { readonly path: string } | { readonly reason: string } {
  const advice = 'Install Chromium, or name one in CHROME_PATH.';
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    return { reason: `No Chromium was found, and it cannot be installed from here. ${advice}` };
  }
  // Another test file may be installing it at the same time; apt then waits for its turn.
  const apt = ['-qq', '-o', 'DPkg::Lock::Timeout=200'];
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env: environment, timeout: installTimeoutMs, stdio: 'ignore' as const };
  spawnSync('apt-get', [...apt, 'update'], options);
  spawnSync('apt-get', [...apt, 'install', '-y', '--no-install-recommends', 'chromium'], options);
  const installed = places.find((place) => existsSync(place));
  if (installed !== undefined) return { path: installed };
  return { reason: `The package chromium could not be installed. ${advice}` };
}
