/** Rows that an index gets late are found all the same: by every key, process and order of ids. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultSettings } from '#domain/application.ts';
import type { StartStep } from '#service/ports.ts';
import {
  dayMs,
  hashOf,
  limited,
  makeId,
  makeIdAt,
  startStepOf,
} from '#storage/contract/fixture.ts';
import type { TimeSource } from '#storage/sqlite/clock.ts';
import { type Engine, openEngine } from '#storage/sqlite/engine.ts';
import type { Answer, Arguments, Operation, Verb } from '#storage/sqlite/handlers.ts';
import { backlogMax, groupMax } from '#storage/sqlite/late-index.ts';

const nowMs = Date.now();
const standing: TimeSource = { wallMs: () => nowMs, monotonicMs: () => 0 };

interface Opened {
  readonly server: Engine;
  readonly tool: Engine;
  readonly applicationId: string;
}

function promise(name: string, body: (opened: Opened) => void): void {
  test(name, () => {
    const folder = mkdtempSync(join(tmpdir(), 'watchword-late-'));
    const server = openEngine({ folder, role: 'server' }, standing);
    const tool = openEngine({ folder, role: 'tool' }, standing);
    try {
      const applicationId = makeId('app');
      const application = { id: applicationId, name: 'one', settings: defaultSettings };
      ask(server, 'createApplication', [{ ...application, createdAtMs: 0 }]);
      body({ server, tool, applicationId });
    } finally {
      tool.close();
      server.close();
      rmSync(folder, { recursive: true });
    }
  });
}

function operation<Of extends Verb>(verb: Of, args: Arguments<Of>): Operation {
  return { verb, args } as unknown as Operation;
}

function ask<Of extends Verb>(engine: Engine, verb: Of, args: Arguments<Of>): Answer<Of> {
  const [outcome] = engine.run([operation(verb, args)]);
  assert.ok(outcome?.ok, JSON.stringify(outcome));
  return outcome.value as Answer<Of>;
}

function startAll(engine: Engine, steps: readonly StartStep[]): void {
  const outcomes = engine.run(steps.map((step) => operation('startVerification', [step])));
  for (const outcome of outcomes) assert.ok(outcome.ok, JSON.stringify(outcome));
}

function count(engine: Engine, sql: string): number {
  return engine.database.prepareTuples<[number]>(sql).get()?.[0] ?? Number.NaN;
}

const batches = 9;
const perBatch = 150;
const recipients = 40;

promise('a verification is listed wherever it lies, in both processes', (opened) => {
  const { server, tool, applicationId } = opened;
  const made: { id: string; recipient: string; reference: string | null }[] = [];
  for (let batch = 0; batch < batches; batch++) {
    const steps: StartStep[] = [];
    for (let index = 0; index < perBatch; index++) {
      // Most ids ascend from batch to batch; every seventh lies days before those indexed already.
      const atMs = index % 7 === 0 ? nowMs - (batch % 3) * dayMs : nowMs + batch;
      const id = makeIdAt(
        'vf',
        atMs,
        ((index * 37) % perBatch) + (atMs < nowMs + batch ? batch * 200 : 0),
      );
      const recipient = `recipient ${(index * 11) % recipients}`;
      const reference = index % 5 === 0 ? `order ${index % 3}` : null;
      made.push({ id, recipient, reference });
      steps.push(startStepOf({ applicationId, id, recipient, reference }));
    }
    startAll(batch % 4 === 3 ? tool : server, steps);
    const newestFirst = made.toSorted((first, second) => (first.id < second.id ? 1 : -1));
    for (const engine of [server, tool]) {
      assertListed(engine, applicationId, newestFirst);
    }
  }
  const waiting = count(server, 'SELECT count(*) FROM verification WHERE period < 0');
  assert.ok(waiting > 0 && waiting < made.length / 2, `${waiting} wait`);
});

function assertListed(
  engine: Engine,
  applicationId: string,
  newestFirst: readonly { id: string; recipient: string; reference: string | null }[],
): void {
  const query = { applicationId, status: null, purpose: null, limit: 60 };
  const list = (by: { recipientHash: string | null; reference: string | null }) => {
    const ids: string[] = [];
    for (let before: number | null = null; ; ) {
      const page: Answer<'listVerifications'> = ask(engine, 'listVerifications', [
        { ...query, ...by, before },
      ]);
      ids.push(...page.items.map(({ verification }) => verification.id));
      if (page.next === null) return ids;
      before = page.next;
    }
  };
  const idsOf = (found: typeof newestFirst) => found.map(({ id }) => id);
  assert.deepEqual(list({ recipientHash: null, reference: null }), idsOf(newestFirst));
  assert.deepEqual(
    list({ recipientHash: hashOf('recipient 7'), reference: null }),
    idsOf(newestFirst.filter(({ recipient }) => recipient === 'recipient 7')),
  );
  assert.deepEqual(
    list({ recipientHash: null, reference: 'order 1' }),
    idsOf(newestFirst.filter(({ reference }) => reference === 'order 1')),
  );
}

promise('a recipient’s ledger is found wherever it lies, in both processes', (opened) => {
  const { server, tool, applicationId } = opened;
  const stepFor = (recipient: string) =>
    startStepOf({ applicationId, recipient, ledgers: [limited(recipient, 1, 3_600)] });
  const recipient = (number: number) => `recipient ${number}`;
  for (let batch = 0; batch < batches; batch++) {
    const numbers = Array.from({ length: perBatch }, (_, index) => batch * perBatch + index);
    startAll(
      batch % 4 === 3 ? tool : server,
      numbers.map((number) => stepFor(recipient(number))),
    );
    for (const engine of [server, tool]) {
      for (let number = 0; number < (batch + 1) * perBatch; number += 41) {
        const again = ask(engine, 'startVerification', [stepFor(recipient(number))]);
        assert.equal(again.kind, 'refused', recipient(number));
      }
    }
  }
  assert.equal(count(server, 'SELECT count(*) FROM ledger'), batches * perBatch);
  const waiting = count(server, 'SELECT count(*) FROM ledger WHERE is_indexed = 0');
  assert.ok(waiting > 0 && waiting < (batches * perBatch) / 2, `${waiting} wait`);
});

promise('a ledger that takes the number of one removed is found too', (opened) => {
  const { server, tool, applicationId } = opened;
  const stepFor = (recipient: string) =>
    startStepOf({ applicationId, recipient, ledgers: [limited(recipient, 1, 3_600)] });
  const startMany = (name: string, many: number) => {
    const names = Array.from({ length: many }, (_, index) => `${name} ${index}`);
    startAll(server, names.map(stepFor));
  };
  // The first are indexed within two batches; then the server knows where the index ends.
  startMany('first', 600);
  startMany('one more', 1);
  startMany('another', 1);
  ask(server, 'advanceClock', [2 * dayMs]);
  while (ask(server, 'expireDue', [200]).more);
  for (let step = 0; step < 100; step++) ask(server, 'purge', [500]);
  assert.equal(count(server, 'SELECT count(*) FROM ledger'), 0);
  startMany('second', 800);
  startMany('yet another', 1);
  // The server has them in its memory; the other process has nothing but the file.
  for (let index = 0; index < 800; index += 7) {
    const again = ask(tool, 'startVerification', [stepFor(`second ${index}`)]);
    assert.equal(again.kind, 'refused', `second ${index}`);
  }
});

const waitingSql = {
  verifications: 'SELECT count(*) FROM verification WHERE period < 0',
  ledgers: 'SELECT count(*) FROM ledger WHERE is_indexed = 0',
};

for (const ledgersPerStart of [1, 2]) {
  promise(`batches full of starts index, ${ledgersPerStart} ledgers for each`, (opened) => {
    const { server, applicationId } = opened;
    const waiting = () => ({
      verifications: count(server, waitingSql.verifications),
      ledgers: count(server, waitingSql.ledgers),
    });
    const startMany = (batch: number, many: number) => {
      const steps = Array.from({ length: many }, (_, index) => {
        const keys = Array.from(
          { length: ledgersPerStart },
          (_, nth) => `${batch} ${index} ${nth}`,
        );
        const ledgers = keys.map((key) => limited(key, 9, 3_600));
        return startStepOf({ applicationId, recipient: keys[0] ?? '', ledgers });
      });
      const before = waiting();
      startAll(server, steps);
      const after = waiting();
      const brought = many * (1 + ledgersPerStart);
      const indexed =
        before.verifications + before.ledgers + brought - after.verifications - after.ledgers;
      return { after, indexed, brought };
    };
    for (let batch = 0; batch < 30; batch++) {
      const { after, indexed, brought } = startMany(batch, 256);
      assert.ok(indexed <= groupMax + Math.ceil(brought / groupMax) * groupMax, `${indexed} rows`);
      assert.ok(Math.max(after.verifications, after.ledgers) <= backlogMax, JSON.stringify(after));
    }
    // Whoever comes next does not pay for all that was left.
    for (let batch = 30; batch < 36; batch++) assert.ok(startMany(batch, 1).indexed <= groupMax);
    const { verifications, ledgers } = waiting();
    assert.ok(Math.max(verifications, ledgers) < 200, `${verifications} and ${ledgers} wait`);
  });
}

test('no key ever has two ledgers, whoever writes and whatever is taken back', () => {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-late-'));
  const open = (role: 'server' | 'tool') => openEngine({ folder, role }, standing);
  let server = open('server');
  let tool = open('tool');
  try {
    const applicationId = makeId('app');
    const application = { id: applicationId, name: 'one', settings: defaultSettings };
    ask(server, 'createApplication', [{ ...application, createdAtMs: 0 }]);
    const keysSeen = new Set<string>();
    for (let batch = 0; batch < 24; batch++) {
      // Half of the recipients are those of the batch before, and the bursts are of every size.
      const many = [256, 1, 90, 199, 256, 31][batch % 6] ?? 1;
      const names = Array.from({ length: many }, (_, index) => `recipient ${batch * 100 + index}`);
      const steps = names.map((recipient) =>
        startStepOf({ applicationId, recipient, ledgers: [limited(recipient, 99, 3_600)] }),
      );
      const [first] = steps;
      assert.ok(first);
      // Its delivery is taken: the batch is rolled back and done again, one by one.
      const failing = startStepOf({ applicationId, deliveries: first.deliveries });
      const isFailing = batch % 4 === 1;
      const outcomes = (batch % 3 === 2 ? tool : server).run(
        [...steps, ...(isFailing ? [failing] : [])].map((step) =>
          operation('startVerification', [step]),
        ),
      );
      assert.equal(outcomes.filter(({ ok }) => !ok).length, isFailing ? 1 : 0);
      for (const name of names) keysSeen.add(name);
      if (batch % 5 === 4) {
        tool.close();
        server.close();
        server = open('server');
        tool = open('tool');
      }
      const twice = 'SELECT count(*) - count(DISTINCT application || key) FROM ledger';
      assert.equal(count(server, twice), 0, `batch ${batch}`);
      assert.equal(count(server, 'SELECT count(*) FROM ledger'), keysSeen.size);
    }
  } finally {
    tool.close();
    server.close();
    rmSync(folder, { recursive: true });
  }
});
