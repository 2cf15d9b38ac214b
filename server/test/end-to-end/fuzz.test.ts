import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { partOrSkip } from '../parts/part.ts';
import { findSchemathesis, fuzz } from '../parts/schemathesis.ts';
import { logLines, type RunningServer, startDevelopmentServer } from './running-server.ts';

/**
 * A fuzzer that others wrote goes over the running server by its own description (security.md, g):
 * no error of ours, nothing that the description does not say, and no call without a key where one
 * is needed. `schemathesis.ts` says which of its checks is off, and why.
 */
const seed = 20_260_301;

let server: RunningServer;
before(async () => {
  server = await startDevelopmentServer();
});
after(() => server.remove());

/** Most starts would meet a limit of the recipient, and little behind it would be tried. */
const roomy = {
  allowShortCodes: true,
  limits: {
    recipientSendIntervalSeconds: 0,
    recipientSendsHourMax: 20,
    recipientSendsDayMax: 20,
    addressStartsHourMax: 2_000,
    addressStartsDayMax: 10_000,
    addressFailuresHourMax: 2_000,
    addressFailuresDayMax: 10_000,
  },
};

/** What is due meanwhile: the wait before a resend passes, and now and then all is forgotten. */
const turnEveryMs = 700;
const resetEveryTurns = 8;

async function letTimePass(turn: number): Promise<void> {
  if (turn % resetEveryTurns === 0) await server.call('POST', '/v1/sandbox/reset');
  else await server.call('POST', '/v1/sandbox/clock', { advanceSeconds: 31 });
}

/** Calls that pull the ground from under the others are tried apart. */
const disturbing = ['changeApplication', 'resetSandbox', 'advanceSandboxClock'];

const alone = ['examples', 'coverage', 'fuzzing'] as const;

const runs = [
  {
    name: 'starts, checks and everything that follows on them',
    operations: disturbing.flatMap((id) => ['--exclude-operation-id', id]),
    // The last phase follows the links that lead on from an answer.
    phases: [...alone, 'stateful'] as const,
    seconds: 50,
    requestsMin: 800,
  },
  {
    name: 'settings, clock and reset',
    operations: disturbing.flatMap((id) => ['--include-operation-id', id]),
    phases: alone,
    seconds: 40,
    requestsMin: 200,
  },
];

for (const { name, requestsMin, ...options } of runs) {
  test(`a fuzzer finds nothing against the answers of ${name}`, async (t) => {
    const folder = partOrSkip(t, findSchemathesis());
    if (folder === null) return;
    assert.equal((await server.call('POST', '/v1/sandbox/reset')).status, 204);
    assert.equal((await server.call('PATCH', '/v1/application', roomy)).status, 200);
    const { url, apiKey } = server;
    let turn = 0;
    const clock = setInterval(() => {
      turn += 1;
      letTimePass(turn);
    }, turnEveryMs);
    const found = await fuzz(folder, { url, apiKey, seed, ...options });
    clearInterval(clock);
    t.diagnostic(`${found.requests} requests, seed ${seed}`);
    assert.ok(found.isClean, found.report);
    assert.ok(found.requests >= requestsMin, found.report);
  });
}

// Whether the fuzzer meets a live verification in time is chance, and plain messages come through
// doors that it does not know; the other tests are for those.
const needsLive = /\/(check|checks|resend|cancel|(messages|verifications)\/:id)$/;

test('every call was asked for, and those that need nothing live were done', async (t) => {
  if (partOrSkip(t, findSchemathesis()) === null) return;
  const { body } = await server.call('GET', '/v1/openapi.json');
  const asked = new Set<string>();
  const done = new Set<string>();
  for (const line of logLines(server)) {
    const { method, route, status } = JSON.parse(line);
    const call = `${method} ${route}`.toLowerCase();
    asked.add(call);
    if (status < 300) done.add(call);
  }
  const missing = Object.entries(body.paths as Record<string, object>)
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))
    .map((call) => call.replaceAll(/\{(\w+)\}/g, ':$1').toLowerCase())
    .filter((call) => !(needsLive.test(call) ? asked : done).has(call));
  assert.deepEqual(missing, []);
});

test('the server logged no error while it was tried', () => {
  const wrong = logLines(server).filter((line) => /"level":"(error|fatal)"/.test(line));
  assert.deepEqual(wrong, []);
});
