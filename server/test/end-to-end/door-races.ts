/**
 * Races through every door, and through two doors at once at one recipient (security.md: G-02,
 * G-04, G-07, G-08, B-02, K-06): what vendors' clients are told, and what `/v1` shows of it.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type PartSearch, partOrSkip } from '../parts/part.ts';
import { type RunningServer, waitFor } from './running-server.ts';
import { type Door, type DoorName, type Nodes, openDoors, vendorNames } from './vendor-doors.ts';

export interface RaceOptions<Part extends object | string> {
  /** What the servers run on, for the names of the tests. */
  readonly name: string;
  /** What the servers need and this machine may not have. */
  readonly search: PartSearch<Part>;
  open(part: Part): Promise<readonly RunningServer[]>;
  readonly rounds: number;
}

const atOnce = 40;
const checksMax = 5;
/** What a recipient has for a day, over all doors. */
const guessesDayMax = 10;
/** Guesses one after the other before the rest comes at once: fewer than any door's tries. */
const guessesBefore = 4;
/** Two doors fill this, and no single one may go beyond. */
const sendsMax = 6;

/** Doors that are used side by side at one recipient. */
const pairs: readonly (readonly [DoorName, DoorName])[] = [
  ...vendorNames.map((name) => ['native', name] as const),
  ['verifynow', 'capillary'],
  ['smscx', 'fast2sms'],
];

/**
 * Messages that starts at once bring to one recipient under the limits of production: one where
 * the vendor rejects a second start or our pause of 30 seconds holds; as many as an hour has where
 * each start makes a new code; as many as a day has where it sends the same one again.
 */
const messagesOfStarts: Readonly<Record<Exclude<DoorName, 'native'>, number>> = {
  verifynow: 1,
  smscx: 5,
  capillary: 10,
  fast2sms: 1,
  pega: 1,
};

const production = {
  checksMax,
  limits: { recipientSendIntervalSeconds: 30, recipientSendsHourMax: 5, recipientSendsDayMax: 10 },
};
const roomy = {
  limits: { recipientSendIntervalSeconds: 0, recipientSendsHourMax: 20, recipientSendsDayMax: 20 },
};

interface Verification {
  readonly id: string;
  readonly recipient: string;
  readonly status: string;
  readonly origin: string;
}

interface Live extends Verification {
  readonly code: string;
}

/** Everything that a test here does; nothing of it names a door. */
interface Ground {
  door(name: DoorName): Door;
  change(settings: object): Promise<void>;
  verificationsOf(recipient: string): Promise<readonly Verification[]>;
  messagesTo(recipient: string): Promise<readonly { text: string; verificationId: string }[]>;
  begin(name: DoorName, recipient: string): Promise<Live>;
  /** Guesses that were compared and wrong, by the history. */
  comparedWrong(verification: Verification): Promise<number>;
  statusOf(verification: Verification): Promise<string>;
  advance(seconds: number): Promise<void>;
}

let recipients = 0;

/** Mobile numbers of India, each once. */
function nextMobile(): string {
  recipients += 1;
  return `+91${9_876_100_000 + recipients}`;
}

/** Another code of the same length, a different one for each number. */
function wrongCode(code: string, by: number): string {
  const last = Number(code.slice(-2));
  return `${code.slice(0, -2)}${String((last + 1 + (by % 99)) % 100).padStart(2, '0')}`;
}

function together<Value>(count: number, call: (index: number) => Promise<Value>): Promise<Value[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => call(index)));
}

function countTrue(values: readonly boolean[]): number {
  return values.filter(Boolean).length;
}

/** Registers all of it as tests. */
export function raceDoors<Part extends object | string>({
  name,
  search,
  open,
  rounds,
}: RaceOptions<Part>): void {
  let servers: readonly RunningServer[] = [];
  let ground: Ground;
  before(async () => {
    if (!search.ok) return;
    servers = await open(search.part);
    ground = await openGround(servers);
  });
  after(() => Promise.all(servers.map((server) => server.remove())));
  const race = (promise: string, run: (on: Ground) => Promise<void>) =>
    test(`${promise}, on ${name}`, async (context) => {
      if (partOrSkip(context, search) === null) return;
      await servers[0]?.call('POST', '/v1/sandbox/reset');
      await ground.change(production);
      await run(ground);
    });

  for (const door of vendorNames) {
    race(`of forty right codes at once through ${door} exactly one is approved`, async (on) => {
      for (let round = 0; round < rounds; round++) await tryRightCodes(on, [door]);
    });
    race(`of forty wrong codes at once through ${door} its tries are compared`, async (on) => {
      for (let round = 0; round < rounds; round++) await tryWrongCodes(on, door);
    });
    race(`of forty starts at once through ${door} one is left, within its limits`, (on) =>
      tryStarts(on, door),
    );
  }
  race('of right codes and cancels at once through smscx one wins', tryCancels);
  race('a right code among resends through fast2sms is approved once', tryResends);
  for (const pair of pairs) {
    const both = pair.join(' and ');
    race(`a code of ${both} is worthless at the other door`, (on) => tryOtherDoor(on, pair));
    race(`right codes at once through ${both} approve each their own once`, async (on) => {
      for (let round = 0; round < rounds; round++) await tryRightCodes(on, pair);
    });
    race(`wrong codes through ${both} spend one budget of guesses`, (on) => tryBudget(on, pair));
    race(`starts at once through ${both} spend one budget of sends`, (on) => trySends(on, pair));
  }
}

async function tryRightCodes(on: Ground, names: readonly DoorName[]): Promise<void> {
  await on.change(roomy);
  const recipient = nextMobile();
  const all: Live[] = [];
  for (const name of names) all.push(await on.begin(name, recipient));
  const answers = await together(atOnce * names.length, async (index) => {
    const live = all[index % all.length];
    const name = names[index % names.length];
    assert.ok(live && name);
    return { name, isRight: await on.door(name).check(live, live.code) };
  });
  for (const [index, name] of names.entries()) {
    const own = answers.filter((answer) => answer.name === name);
    assert.equal(countTrue(own.map(({ isRight }) => isRight)), 1, name);
    const live = all[index];
    assert.ok(live);
    assert.equal(await on.statusOf(live), 'approved', name);
    assert.equal(await on.door(name).check(live, live.code), false);
  }
}

async function tryWrongCodes(on: Ground, name: DoorName): Promise<void> {
  const door = on.door(name);
  const live = await on.begin(name, nextMobile());
  const wrong = await together(atOnce, (by) => door.check(live, wrongCode(live.code, by)));
  assert.equal(countTrue(wrong), 0);
  assert.equal(await on.comparedWrong(live), door.checksMax ?? checksMax);
  assert.equal(await on.statusOf(live), 'failed');
  assert.equal(await door.check(live, live.code), false);
}

async function tryStarts(on: Ground, name: Exclude<DoorName, 'native'>): Promise<void> {
  const recipient = nextMobile();
  const door = on.door(name);
  const answers = await together(atOnce, () => door.start(recipient));
  assert.ok(countTrue(answers) >= 1);
  const found = await on.verificationsOf(recipient);
  const live = found.filter(({ status }) => status === 'pending');
  assert.equal(live.length, 1, JSON.stringify(found.map(({ status }) => status)));
  assert.ok(found.every(({ origin }) => origin === name));
  const [one] = live;
  assert.ok(one);
  const messages = await waitFor(async () => {
    const all = await on.messagesTo(recipient);
    return all.length >= messagesOfStarts[name] ? all : null;
  });
  assert.equal(messages.length, messagesOfStarts[name]);
  const text = messages.find(({ verificationId }) => verificationId === one.id)?.text ?? '';
  const right = await together(5, () => door.check({ ...one, recipient }, codeIn(text)));
  assert.equal(countTrue(right), 1);
}

async function tryCancels(on: Ground): Promise<void> {
  const door = on.door('smscx');
  for (let round = 0; round < 5; round++) {
    const live = await on.begin('smscx', nextMobile());
    const [approved, canceled] = await Promise.all([
      together(atOnce, () => door.check(live, live.code)),
      together(5, async () => door.cancel?.(live) ?? false),
    ]);
    assert.equal(countTrue(approved) + countTrue(canceled), 1);
    const status = countTrue(approved) === 1 ? 'approved' : 'canceled';
    assert.equal(await on.statusOf(live), status);
  }
}

/** Its resends bring the same code, so a right one stays right however they fall together. */
async function tryResends(on: Ground): Promise<void> {
  const door = on.door('fast2sms');
  const live = await on.begin('fast2sms', nextMobile());
  await on.advance(31);
  const [resent, approved] = await Promise.all([
    together(atOnce, async () => door.resend?.(live) ?? false),
    together(atOnce, () => door.check(live, live.code)),
  ]);
  assert.equal(countTrue(approved), 1);
  assert.ok(countTrue(resent) <= 1);
  assert.equal(await on.statusOf(live), 'approved');
  assert.equal((await on.messagesTo(live.recipient)).length, 1 + countTrue(resent));
}

async function tryOtherDoor(on: Ground, names: readonly [DoorName, DoorName]): Promise<void> {
  await on.change(roomy);
  const recipient = nextMobile();
  for (const [own, other] of [names, names.toReversed()] as [DoorName, DoorName][]) {
    const live = await on.begin(own, recipient);
    // Once while the other door has nothing for this recipient, once while it has its own code.
    const guesses = () => together(3, () => on.door(other).check(live, live.code));
    assert.equal(countTrue(await guesses()), 0, `${own} at ${other}`);
    const theirs = await on.begin(other, recipient);
    if (theirs.code !== live.code) {
      assert.equal(countTrue(await guesses()), 0, `${own} at ${other}`);
    }
    assert.equal(await on.statusOf(live), 'pending', own);
    assert.equal(await on.door(own).check(live, live.code), true, own);
    // VerifyNow begins no second one while this lives.
    await on.advance(61);
  }
}

async function tryBudget(on: Ground, names: readonly DoorName[]): Promise<void> {
  // More than the budget at each door that has no number of its own.
  await on.change({ ...roomy, checksMax: 10 });
  const recipient = nextMobile();
  const all: { door: Door; live: Live }[] = [];
  for (const name of names) {
    all.push({ door: on.door(name), live: await on.begin(name, recipient) });
  }
  const guess = async (index: number) => {
    const one = all[index % all.length];
    assert.ok(one);
    assert.equal(await one.door.check(one.live, wrongCode(one.live.code, index)), false);
  };
  const compared = async () => {
    const counts = await Promise.all(all.map(({ live }) => on.comparedWrong(live)));
    return counts.reduce((before, one) => before + one, 0);
  };
  for (let index = 0; index < guessesBefore; index++) await guess(index);
  assert.equal(await compared(), guessesBefore);
  await together(atOnce * all.length, guess);
  // Those that were under way when the budget ended are not told apart from those after it.
  const sum = await compared();
  assert.ok(sum <= guessesDayMax + lateGuesses(all.map(({ door }) => door)), String(sum));
  for (const { door, live } of all) {
    assert.equal(await door.check(live, live.code), false, door.name);
  }
}

async function trySends(on: Ground, names: readonly DoorName[]): Promise<void> {
  const limits = { recipientSendsHourMax: sendsMax, recipientSendsDayMax: sendsMax };
  await on.change({ limits: { ...limits, recipientSendIntervalSeconds: 0 } });
  const recipient = nextMobile();
  const answers = await together(atOnce, (index) =>
    on.door(names[index % names.length] ?? 'native').start(recipient),
  );
  assert.ok(countTrue(answers) >= 1);
  const found = await on.verificationsOf(recipient);
  for (const name of names) {
    const origin = name === 'native' ? 'api' : name;
    const live = found.filter((one) => one.status === 'pending' && one.origin === origin);
    assert.ok(live.length <= 1, name);
  }
  const messages = await waitFor(async () => {
    const all = await on.messagesTo(recipient);
    return all.length >= sendsMax ? all : null;
  });
  assert.equal(messages.length, sendsMax);
  for (const name of names) {
    await on.door(name).start(recipient);
    assert.equal((await on.messagesTo(recipient)).length, sendsMax, name);
  }
}

/** A code of eight digits, as Pega's are, keeps its tries after the ten of a day: its last one. */
function lateGuesses(doors: readonly Door[]): number {
  return doors.reduce(
    (sum, door) => sum + Math.max(0, (door.checksMax ?? 0) - guessesBefore / doors.length),
    0,
  );
}

function codeIn(text: string): string {
  const code = /\b[0-9]{4,10}\b/.exec(text)?.[0];
  assert.ok(code, 'the message has no code');
  return code;
}

async function openGround(servers: readonly RunningServer[]): Promise<Ground> {
  let seed = 20_261_123;
  const pickServer = (): RunningServer => {
    // Any sequence will do that does not go round (Numerical Recipes' generator of 32 bits).
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    const server = servers[(seed >>> 16) % servers.length];
    assert.ok(server);
    return server;
  };
  const nodes: Nodes = { servers, pick: () => pickServer().url };
  const doors = await openDoors(nodes);
  const read = async (path: string) => {
    const { status, body, text } = await pickServer().call('GET', path);
    assert.equal(status, 200, text);
    return body;
  };
  const of = (recipient: string) => new URLSearchParams({ recipient, limit: '200' });
  const ground: Ground = {
    door(name) {
      const door = doors.get(name);
      assert.ok(door);
      return door;
    },
    async change(settings) {
      // A node keeps what it read of an application for a moment, but for the one that changes it.
      for (const server of servers) {
        const { status, text } = await server.call('PATCH', '/v1/application', settings);
        assert.equal(status, 200, text);
      }
    },
    verificationsOf: async (recipient) => (await read(`/v1/verifications?${of(recipient)}`)).items,
    messagesTo: async (recipient) => (await read(`/v1/sandbox/messages?${of(recipient)}`)).items,
    async begin(name, recipient) {
      assert.equal(await ground.door(name).start(recipient), true, name);
      const origin = name === 'native' ? 'api' : name;
      const found = await ground.verificationsOf(recipient);
      const own = found.find((one) => one.origin === origin && one.status === 'pending');
      assert.ok(own);
      const message = await waitFor(async () =>
        (await ground.messagesTo(recipient)).find((one) => one.verificationId === own.id),
      );
      return { ...own, recipient, code: codeIn(message.text) };
    },
    async comparedWrong({ id }) {
      const { history } = await read(`/v1/verifications/${id}`);
      return history.filter(({ event }: { event: string }) => event === 'wrong_code').length;
    },
    statusOf: async ({ id }) => (await read(`/v1/verifications/${id}`)).status,
    async advance(advanceSeconds) {
      const moved = await pickServer().call('POST', '/v1/sandbox/clock', { advanceSeconds });
      assert.equal(moved.status, 200);
    },
  };
  return ground;
}
