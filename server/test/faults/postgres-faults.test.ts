/** As `faults.test.ts`, with three servers on one PostgreSQL. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { callServer, waitFor } from '../end-to-end/running-server.ts';
import { partOrSkip } from '../parts/part.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../parts/postgres.ts';
import { providerNames, startGateway } from './gateway.ts';
import { createPostgresSystem } from './postgres-system.ts';
import { runFaults } from './run.ts';
import { describeFault, type Fault } from './schedule.ts';
import { nodeOf } from './system-under-test.ts';

const programs = findPostgres();
let postgres: TestPostgres | null = null;
after(() => postgres?.remove());

/** Each of them with what makes it hard: the load goes on, and providers fail meanwhile. */
const schedules: readonly (readonly [string, readonly Fault[]])[] = [
  [
    'when PostgreSQL is killed, and a provider answers late',
    [
      { kind: 'database killed', atMs: 800, lastsMs: 300 },
      {
        kind: 'provider misbehaves',
        atMs: 400,
        providers: ['first'],
        mood: 'answers late',
        lastsMs: 1_000,
      },
    ],
  ],
  [
    'when a node is killed, lines are cut and stall, and clocks disagree',
    [
      { kind: 'clock stepped', atMs: 200, node: 1, stepMs: 3_600_000 },
      { kind: 'clock stepped', atMs: 200, node: 2, stepMs: -20_000 },
      { kind: 'node killed', atMs: 600, node: 0, lastsMs: 300 },
      { kind: 'connections disturbed', atMs: 900, nodes: [1], disturbance: 'cut', lastsMs: 400 },
      {
        kind: 'connections disturbed',
        atMs: 1_000,
        nodes: [2],
        disturbance: 'stalled',
        lastsMs: 1_000,
      },
    ],
  ],
];

describe('nothing acknowledged is lost on PostgreSQL', () => {
  for (const [when, faults] of schedules) {
    test(when, async (context) => {
      const server = partOrSkip(context, programs);
      if (server === null) return;
      postgres ??= await startPostgres(server);
      const report = await runFaults(createPostgresSystem(postgres), when, () => faults);
      const told = faults.map(describeFault).join('; ');
      assert.deepEqual(report.violations, [], `${told}; what is known is in .cache/faults`);
      assert.ok(report.acknowledgedStarts > 5, `only ${report.acknowledgedStarts} starts`);
    });
  }
});

test('what a dead node had in its hands goes out from another in ten seconds', async (context) => {
  const server = partOrSkip(context, programs);
  if (server === null) return;
  postgres ??= await startPostgres(server);
  const gateway = await startGateway();
  try {
    const open = await createPostgresSystem(postgres).open(gateway, new Set());
    try {
      const [dying, living] = [nodeOf(open.nodes, 0), nodeOf(open.nodes, 1)];
      gateway.setMood(providerNames, 'never answers');
      const path = '/v1/verifications';
      const { body } = await callServer(dying, 'POST', path, { recipient: 'ana@example.com' });
      const code = await gateway.messageOf(body.id, 0, 5_000);
      await dying.kill();
      gateway.setMood(providerNames, 'works');
      assert.equal(await gateway.messageOf(body.id, 1, 10_000), code, 'the same code again');
      await waitFor(async () => {
        const found = await callServer(living, 'GET', `${path}/${body.id}`);
        return found.body.deliveries[0].status === 'sent' ? true : null;
      });
      const check = await callServer(living, 'POST', `${path}/${body.id}/check`, { code });
      assert.equal(check.body.approved, true);
      assert.equal(gateway.messages.length, 2);
    } finally {
      await open.remove();
    }
  } finally {
    await gateway.close();
  }
});
