import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { defaultSettings } from '#domain/application.ts';
import { createCheckCode } from '#service/check-code.ts';
import type { ServiceContext } from '#service/context.ts';

/**
 * Does the time of a check tell how much of the guess was right (security.md, N-11)? Measured as
 * dudect does (Reparaz, Balasch, Verbauwhede, 2017): guesses of two kinds in random order, the
 * slowest samples left out, Welch's t over the rest; |t| below 4.5 means the kinds cannot be told
 * apart. What is measured is the product's own path from the spent guess to the settled one.
 *
 * A busy machine makes single rounds noisy, but not in the same direction: a leak shows in every
 * round, noise does not, so the smallest |t| of several rounds counts.
 */
const samplesPerKind = 50_000;
const roundsMax = 6;
const separableAt = 4.5;
/** The slow tail is interrupts and garbage collection, not comparing. */
const keptShare = 0.9;

const code = '135790';
/** The first so many digits are right, the next is wrong. */
function guessWith(rightDigits: number): string {
  const rest = [...code.slice(rightDigits)].map((digit) => String((Number(digit) + 1) % 10));
  return code.slice(0, rightDigits) + rest.join('');
}

type Measure = (guess: string) => Promise<number> | number;

/** Nanoseconds between the spent guess and what is to be settled: the comparing alone. */
function productMeasure(): Measure {
  let begunNs = 0n;
  let tookNs = 0;
  const verification = {
    id: 'vf_1',
    applicationId: 'app_1',
    recipientHash: 'hash',
    purpose: 'login',
    sealedCode: 'sealed',
    codeVersion: 1,
  };
  const stopped = new Error('The measuring ends before anything is settled.');
  const context = {
    vault: { hash: () => 'hash', openCode: () => code },
    storage: {
      consumeGuess: async () => ({
        kind: 'consumed',
        // Read last of all before the comparing begins.
        get verification() {
          begunNs = process.hrtime.bigint();
          return verification;
        },
        chargedAtMs: 0,
      }),
      settleGuess() {
        tookNs = Number(process.hrtime.bigint() - begunNs);
        throw stopped;
      },
    },
  };
  const check = createCheckCode(context as unknown as ServiceContext);
  const application = { id: 'app_1', name: 'Shop', settings: defaultSettings, createdAtMs: 0 };
  return async (guess) => {
    const request = { verificationId: 'vf_1', code: guess };
    await check({ application, origin: 'api' }, request, null).catch((error: unknown) => {
      if (error !== stopped) throw error;
    });
    return tookNs;
  };
}

/**
 * Stops at the first difference, as a comparison of strings may: what the method has to see. Twenty
 * times over, so that it is seen whatever else the machine does.
 */
function leakyMeasure(): Measure {
  const amplified = 20;
  let equal = 0;
  return (guess) => {
    const begunNs = process.hrtime.bigint();
    for (let round = 0; round < amplified; round++) {
      let at = 0;
      while (at < code.length && code[at] === guess[at]) at++;
      equal += at;
    }
    return Number(process.hrtime.bigint() - begunNs) + Math.min(0, equal);
  };
}

/** Welch's t between the times of two kinds of guesses. */
async function separation(measure: Measure, first: string, second: string): Promise<number> {
  const times: [Float64Array, Float64Array] = [
    new Float64Array(samplesPerKind),
    new Float64Array(samplesPerKind),
  ];
  const filled: [number, number] = [0, 0];
  while (filled[0] < samplesPerKind || filled[1] < samplesPerKind) {
    const kind = randomInt(2) as 0 | 1;
    if (filled[kind] >= samplesPerKind) continue;
    times[kind][filled[kind]++] = await measure(kind === 0 ? first : second);
  }
  const bound = Float64Array.of(...times[0].subarray(0, 5_000), ...times[1].subarray(0, 5_000))
    .sort()
    .at(Math.floor(10_000 * keptShare));
  const [one, other] = times.map((all) =>
    describeTimes(all.filter((time) => time <= (bound ?? 0))),
  );
  assert.ok(one && other);
  return (
    Math.abs(one.mean - other.mean) /
    Math.sqrt(one.variance / one.count + other.variance / other.count)
  );
}

function describeTimes(times: Float64Array) {
  const count = times.length;
  const mean = times.reduce((sum, time) => sum + time, 0) / count;
  const variance = times.reduce((sum, time) => sum + (time - mean) ** 2, 0) / (count - 1);
  return { count, mean, variance };
}

/** The smallest separation of several rounds; ends at the first that cannot tell them apart. */
async function smallest(measure: Measure, first: string, second: string): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < roundsMax && least >= separableAt; round++) {
    least = Math.min(least, await separation(measure, first, second));
  }
  return least;
}

test('the time of a check does not tell how many digits of the guess were right', async (t) => {
  const measure = productMeasure();
  for (let warm = 0; warm < 20_000; warm++) await measure(guessWith(warm % 7));
  for (const rightDigits of [1, 5, 6]) {
    const separated = await smallest(measure, guessWith(0), guessWith(rightDigits));
    t.diagnostic(`${rightDigits} right: |t| = ${separated.toFixed(1)}`);
    assert.ok(separated < separableAt, `${rightDigits} right digits show: ${separated}`);
  }
});

test('the same measuring sees a comparison that stops at the first difference', async () => {
  const measure = leakyMeasure();
  for (let warm = 0; warm < 20_000; warm++) await measure(guessWith(warm % 7));
  assert.ok((await smallest(measure, guessWith(0), guessWith(5))) > 20);
});
