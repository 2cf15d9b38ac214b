import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type RunningServer, startDevelopmentServer } from './running-server.ts';

/** What a client was told about one verification before the server died. */
interface Told {
  readonly id: string;
  readonly code: string;
  isApproved: boolean;
  wrongChecks: number;
}

const rounds = 20;
const clients = 8;
let people = 0;

/** One client: starts, guesses wrong now and then, proves most of them, until the line breaks. */
async function work(server: RunningServer, told: Map<string, Told>): Promise<void> {
  for (;;) {
    const code = String(randomInt(1_000_000)).padStart(6, '0');
    const recipient = `person-${people++}@example.com`;
    const started = await server.call('POST', '/v1/verifications', { recipient, customCode: code });
    assert.equal(started.status, 201, started.text);
    const entry: Told = { id: started.body.id, code, isApproved: false, wrongChecks: 0 };
    told.set(entry.id, entry);
    const kind = randomInt(4);
    if (kind === 0) continue;
    if (kind === 1) {
      const wrong = await server.call('POST', `/v1/verifications/${entry.id}/check`, {
        code: code === '000000' ? '000001' : '000000',
      });
      if (wrong.body.reason === 'wrong_code') entry.wrongChecks++;
    }
    const right = await server.call('POST', `/v1/verifications/${entry.id}/check`, { code });
    if (right.body.approved === true) entry.isApproved = true;
  }
}

/** Everything a client was told before the crash must hold after it. */
async function assertKept(server: RunningServer, { id, ...told }: Told): Promise<void> {
  const { status, body } = await server.call('GET', `/v1/verifications/${id}`);
  assert.equal(status, 200, `the acknowledged start ${id} is gone`);
  if (told.isApproved) assert.equal(body.status, 'approved', `the approval of ${id} is gone`);
  else assert.ok(['pending', 'approved'].includes(body.status), body.status);
  if (body.status === 'pending') {
    assert.ok(body.checksLeft <= 5 - told.wrongChecks, `${id} got guesses back`);
  }
  const first = await server.call('POST', `/v1/verifications/${id}/check`, { code: told.code });
  assert.equal(first.body.approved, body.status === 'pending', `first check of ${id}`);
  const second = await server.call('POST', `/v1/verifications/${id}/check`, { code: told.code });
  assert.equal(second.body.approved, false, `the code of ${id} was accepted twice`);
  assert.equal(second.body.reason, 'already_used');
}

test('kill -9 under load loses nothing acknowledged and accepts no code twice', async () => {
  let server = await startDevelopmentServer();
  let acknowledged = 0;
  try {
    for (let round = 0; round < rounds; round++) {
      const told = new Map<string, Told>();
      const clientsAtWork = Array.from({ length: clients }, () =>
        work(server, told).catch((error: unknown) => {
          // The line breaks when the server dies; anything else is a finding.
          if (error instanceof assert.AssertionError) throw error;
        }),
      );
      await pause(randomInt(100, 400));
      await server.kill();
      await Promise.all(clientsAtWork);
      server = await server.restart();
      acknowledged += told.size;
      for (const entry of told.values()) await assertKept(server, entry);
    }
    assert.ok(acknowledged > rounds * clients, `only ${acknowledged} starts in all rounds`);
  } finally {
    await server.remove();
  }
});
