/**
 * A few fault runs against the real server, so that every `npm test` sees each kind of fault once;
 * `npm run test:faults` makes many, at random. See docs/internals/faults.md.
 */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { callServer } from '../end-to-end/running-server.ts';
import { type PartSearch, partOrSkip } from '../parts/part.ts';
import { moods, startGateway } from './gateway.ts';
import { startNodeUnderTest } from './node-under-test.ts';
import type { RandomSource } from './random-source.ts';
import { runFaults } from './run.ts';
import { describeFault, type Fault, type FaultKind, makeFault } from './schedule.ts';
import { findWriteLimit, mountSmallDisk } from './small-disk.ts';
import { createSqliteSystem } from './sqlite-system.ts';

const loadMs = 2_000;
/** Each mood is held for longer than one hand-over may take. */
const moodMs = 400;

const sqlite = await createSqliteSystem();

async function assertSurvived(
  seed: string,
  makeFaults: (random: RandomSource) => readonly Fault[],
): Promise<void> {
  const report = await runFaults(sqlite, seed, makeFaults);
  const faults = report.faults.map(describeFault).join('; ');
  assert.deepEqual(report.violations, [], `${faults}; what is known is in .cache/faults`);
  // Each node proves one more person when all is over.
  assert.ok(report.acknowledgedStarts > sqlite.nodes, `${report.acknowledgedStarts} starts`);
}

/** One of a kind, and a provider that misbehaves at the same time. */
function oneOf(kind: FaultKind) {
  return (random: RandomSource) =>
    [kind, 'provider misbehaves' as const].map((each) =>
      makeFault(random, each, { nodes: sqlite.nodes, loadMs }),
    );
}

/** Null after the test was told why it is left out. */
function given<Part>(context: TestContext, search: PartSearch<Part>): Part | null {
  return partOrSkip(context, search);
}

describe('nothing acknowledged is lost on the embedded database', { concurrency: 2 }, () => {
  test('when the server is killed', () => assertSurvived('killed', oneOf('node killed')));

  test('when the wall clock jumps', () => assertSurvived('clock', oneOf('clock stepped')));

  test('when providers misbehave in every way they know', () =>
    assertSurvived('providers', () =>
      moods.map((mood, index) => ({
        kind: 'provider misbehaves',
        atMs: index * moodMs,
        providers: ['first', 'second'],
        mood,
        lastsMs: moodMs,
      })),
    ));

  test('when the disk is full', async (context) => {
    const disk = given(context, mountSmallDisk());
    await disk?.remove();
    if (disk !== null) await assertSurvived('disk', oneOf('disk full'));
  });

  test('when writes fail', async (context) => {
    if (given(context, findWriteLimit()) === null) return;
    await assertSurvived('writes', oneOf('writes fail'));
  });
});

test('on a full disk starts answer 503 and send nothing, until there is room', async (context) => {
  const disk = given(context, mountSmallDisk());
  if (disk === null) return;
  const gateway = await startGateway();
  try {
    const node = await startNodeUnderTest({ gateway, folder: disk.folder });
    try {
      const start = () =>
        callServer(node, 'POST', '/v1/verifications', { recipient: 'ana@example.com' });
      disk.fill();
      const refused = await start();
      assert.deepEqual([refused.status, refused.body.code], [503, 'storage_unavailable']);
      assert.match(refused.headers.get('retry-after') ?? '', /^\d+$/);
      const list = '/v1/verifications?limit=10';
      assert.deepEqual((await callServer(node, 'GET', list)).body.items, [], 'reading still works');
      assert.equal((await callServer(node, 'GET', '/readyz')).status, 503);
      disk.clear();
      assert.equal((await start()).status, 201);
      assert.equal((await callServer(node, 'GET', '/readyz')).status, 200);
      const { body } = await callServer(node, 'GET', list);
      assert.equal(body.items.length, 1);
      assert.notEqual(await gateway.messageOf(body.items[0].id, 0, 5_000), null);
      assert.equal(gateway.messages.length, 1);
    } finally {
      await node.remove();
    }
  } finally {
    await gateway.close();
    await disk.remove();
  }
});
