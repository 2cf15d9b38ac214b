import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { type Browser, chromium } from 'playwright-core';
import { installDebianPackages, type PartSearch, partOrSkip } from './part.ts';

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
  const executablePath = partOrSkip(context, findChromium());
  return executablePath === null ? null : chromium.launch({ executablePath, args: flags });
}

/** The path of the program. */
export function findChromium(): PartSearch<string> {
  const wanted = process.env['CHROME_PATH'];
  if (wanted !== undefined) {
    return existsSync(wanted)
      ? { ok: true, part: wanted }
      : { ok: false, reason: `CHROME_PATH: there is no ${wanted}.` };
  }
  const found = firstPlace() ?? (installDebianPackages('chromium') ? firstPlace() : undefined);
  return found === undefined
    ? { ok: false, reason: 'There is no Chromium. Install it, or name one in CHROME_PATH.' }
    : { ok: true, part: found };
}

function firstPlace(): string | undefined {
  return places.find((place) => existsSync(place));
}
