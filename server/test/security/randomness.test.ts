import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { makeCode } from '#domain/code.ts';
import { createTestProvider, openService } from '#service/service.fixture.ts';

/** Codes by the million, from the operating system's chance (security.md, C-02 to C-05). */
const codesCount = 10_000_000;
const digits = 6;
/** Beyond this p is below 10^-7 on its side: with some fifty figures, no false alarm in years. */
const scoreMax = 5.5;

interface Tally {
  readonly places: Uint32Array;
  readonly pairs: Uint32Array;
  readonly thousands: Uint32Array;
  /** Sums for the correlation of each code with the one before it. */
  sum: number;
  squares: number;
  products: number;
}

function tally(count: number): Tally {
  const tallied: Tally = {
    places: new Uint32Array(digits * 10),
    pairs: new Uint32Array((digits - 1) * 100),
    thousands: new Uint32Array(1_000),
    sum: 0,
    squares: 0,
    products: 0,
  };
  let before = 0;
  for (let made = 0; made < count; made++) {
    const code = makeCode({ alphabet: 'digits', length: digits }, (max) => randomInt(max));
    let last = -1;
    for (let place = 0; place < digits; place++) {
      const digit = code.charCodeAt(place) - 48;
      bump(tallied.places, place * 10 + digit);
      if (last >= 0) bump(tallied.pairs, (place - 1) * 100 + last * 10 + digit);
      last = digit;
    }
    const value = Number(code);
    bump(tallied.thousands, Math.floor(value / 1_000));
    const centered = value - 499_999.5;
    tallied.sum += centered;
    tallied.squares += centered * centered;
    tallied.products += centered * before;
    before = centered;
  }
  return tallied;
}

function bump(counts: Uint32Array, cell: number): void {
  counts[cell] = (counts[cell] ?? 0) + 1;
}

/** Chi-square over evenly likely cells as a normal deviate (Wilson and Hilferty, 1931). */
function evenness(counts: Uint32Array): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const freedom = counts.length - 1;
  const variance = 2 / (9 * freedom);
  return (Math.cbrt(chiSquare / freedom) - (1 - variance)) / Math.sqrt(variance);
}

test('ten million codes are even in digits, places, pairs and order', () => {
  const { places, pairs, thousands, sum, squares, products } = tally(codesCount);
  const scores: Record<string, number> = { 'the first three digits': evenness(thousands) };
  for (let place = 0; place < digits; place++) {
    scores[`place ${place}`] = evenness(places.subarray(place * 10, place * 10 + 10));
  }
  for (let place = 0; place < digits - 1; place++) {
    scores[`the pair at ${place}`] = evenness(pairs.subarray(place * 100, place * 100 + 100));
  }
  // A correlation of independent values is normal with a deviation of one over the root of n.
  scores['a code with the next'] = (products / squares) * Math.sqrt(codesCount);
  // The variance of the even distribution over 10^6 values is (10^12 - 1) / 12.
  scores['the mean'] = sum / Math.sqrt(codesCount * ((1e12 - 1) / 12));
  const leadingZeros = (places[0] ?? 0) / codesCount;
  scores['first digit 0'] = (leadingZeros - 0.1) / Math.sqrt((0.1 * 0.9) / codesCount);
  for (const [name, score] of Object.entries(scores)) {
    assert.ok(Math.abs(score) < scoreMax, `${name}: ${score.toFixed(2)}`);
  }
});

interface Drawn {
  readonly codes: readonly string[];
  readonly ids: readonly string[];
  readonly keys: readonly string[];
}

const drawer = new URL('./random-draws.fixture.ts', import.meta.url);

async function drawInProcess(): Promise<Drawn> {
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(drawer)]);
  return JSON.parse(stdout) as Drawn;
}

async function drawInThread(): Promise<Drawn> {
  const [drawn] = (await once(new Worker(drawer), 'message')) as [Drawn];
  return drawn;
}

test('processes and threads that start together draw nothing twice', async () => {
  const all = await Promise.all([
    ...Array.from({ length: 3 }, drawInProcess),
    ...Array.from({ length: 3 }, drawInThread),
  ]);
  const runs = new Set<string>();
  const ids = new Set<string>();
  const chances = new Set<string>();
  const keys = new Set<string>();
  let drawn = 0;
  for (const { codes, ids: made, keys: rings } of all) {
    for (let at = 0; at + 2 < codes.length; at++) {
      // Three codes of eight digits in a row: by chance the same once in 10^16 of such pairs.
      runs.add(codes.slice(at, at + 3).join(' '));
      drawn++;
    }
    for (const id of made) {
      ids.add(id);
      chances.add(id.slice(-26));
    }
    for (const ring of rings) keys.add(ring);
  }
  assert.equal(runs.size, drawn, 'no run of codes came twice');
  assert.equal(ids.size, all.length * 2_000);
  assert.equal(chances.size, ids.size, 'the random part alone tells ids apart');
  assert.equal(keys.size, all.length);
});

test('codes made at one moment for one person have nothing in common', async () => {
  const provider = createTestProvider();
  const opened = await openService({ providers: [provider] });
  const callers = await Promise.all(Array.from({ length: 150 }, () => opened.newCaller()));
  await Promise.all(callers.map((caller) => opened.start(caller)));
  await opened.whenIdle();
  const codes = provider.handed.map(({ code }) => Number(code));
  await opened.end();
  assert.equal(codes.length, callers.length);
  // 150 of a million: on average 0.01 pairs are alike, and five are never seen.
  assert.ok(new Set(codes).size >= codes.length - 5);
  const steps = new Set(codes.slice(1).map((code, index) => code - (codes[index] ?? 0)));
  assert.ok(steps.size >= codes.length - 6, 'they follow no rule');
});
