import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeliveryRecord, VerificationWithDeliveries } from '#service/records.ts';
import type { GatewayMessage } from './gateway.ts';
import type { Attempt, Operation } from './history.ts';
import { type Evidence, findViolations, type RuleName, rules } from './invariants.ts';

/** One person who erred once and was then approved: the story of a run without a fault. */
const code = '482913';
const start = operation(0, { kind: 'start', verificationId: null });
const miss = operation(1, { kind: 'check', body: { code: '0000000000' } });
const proof = operation(2, { kind: 'check', key: 'key-2', body: { code } });
answer(start, 201, { id: 'vf_1', status: 'pending', checksLeft: 5, sendsLeft: 4 });
answer(miss, 200, { status: 'pending', approved: false, reason: 'wrong_code', checksLeft: 4 });
answer(proof, 200, { status: 'approved', approved: true, reason: null, checksLeft: 0 });

const message: GatewayMessage = {
  atMs: 5,
  provider: 'first',
  mood: 'works',
  verificationId: 'vf_1',
  deliveryId: 'dl_1',
  code,
  text: code,
};
const delivery = { id: 'dl_1', verificationId: 'vf_1', status: 'sent' } as DeliveryRecord;
const verification = {
  id: 'vf_1',
  status: 'approved',
  reference: 'operation-0',
  checksUsed: 2,
  checksWrong: 1,
  checksMax: 5,
  sendsUsed: 1,
  sendsMax: 5,
  lifetimeMs: 300_000,
  history: [{ atMs: 9, event: 'approved', detail: null }],
} as unknown as VerificationWithDeliveries['verification'];

function operation(number: number, changes: Partial<Operation>): Operation {
  const rest = {
    kind: 'check',
    key: null,
    verificationId: 'vf_1',
    body: {},
    attempts: [],
  } as const;
  return { number, ...structuredClone(rest), ...changes } as Operation;
}

function answer(of: Operation, status: number | null, body: Attempt['body'], isReplay = false) {
  const text = JSON.stringify(body);
  of.attempts.push({ node: 0, startedAtMs: 1, endedAtMs: 2, status, isReplay, text, body });
}

interface Story {
  operations: Operation[];
  messages: GatewayMessage[];
  record: { verification: typeof verification; deliveries: DeliveryRecord[] };
  records: VerificationWithDeliveries[];
  readings: Map<string, string>;
}

/** The story, changed so that it cannot have happened with a server that keeps its promises. */
function changed(change: (story: Story) => void): Evidence {
  const record = structuredClone({ verification, deliveries: [delivery], atMs: 10 });
  const story: Story = {
    operations: structuredClone([start, miss, proof]),
    messages: [message],
    record,
    records: [record],
    readings: new Map([['vf_1', 'approved']]),
  };
  change(story);
  return { ...story, isRefusalExact: true, movedForwardMs: 0 };
}

function reread(story: Story, changes: Partial<typeof verification>): void {
  Object.assign(story.record.verification, changes);
  story.readings.set('vf_1', story.record.verification.status);
}

function asked(story: Story, index: number): Operation {
  const found = story.operations[index];
  assert.ok(found);
  return found;
}

const breaches: readonly [RuleName, string, (story: Story) => void][] = [
  ['nothing acknowledged is lost', 'storage lacks it', (story) => story.records.pop()],
  ['nothing acknowledged is lost', 'no node finds it', (story) => story.readings.clear()],
  [
    'no status falls behind what was told',
    'an approval is gone',
    (story) => reread(story, { status: 'pending' }),
  ],
  [
    'no status falls behind what was told',
    'a guess came back',
    (story) => {
      story.operations.pop();
      reread(story, { status: 'pending', checksUsed: 0, checksWrong: 0, history: [] });
    },
  ],
  [
    'a code approves once',
    'two clients were told so',
    (story) => story.operations.push({ ...structuredClone(proof), number: 3, key: null }),
  ],
  [
    'a code approves once',
    'it was written down twice',
    (story) => reread(story, { history: [...verification.history, ...verification.history] }),
  ],
  [
    'no approval without a guess at a code that was sent',
    'no guess was spent',
    (story) => reread(story, { checksUsed: 0, checksWrong: 0 }),
  ],
  [
    'no approval without a guess at a code that was sent',
    'the code was another one',
    (story) => story.messages.splice(0, 1, { ...message, code: '111111' }),
  ],
  [
    'no more guesses are spent than were made or allowed',
    'more than allowed',
    (story) => reread(story, { checksMax: 1 }),
  ],
  [
    'no more guesses are spent than were made or allowed',
    'more than made',
    (story) => reread(story, { checksUsed: 3 }),
  ],
  [
    'no more guesses are spent than were made or allowed',
    'a send that nobody asked for',
    (story) => reread(story, { sendsUsed: 2 }),
  ],
  [
    'one key has one effect and one answer',
    'two answers',
    (story) => answer(asked(story, 2), 200, { status: 'approved', approved: false }, true),
  ],
  [
    'one key has one effect and one answer',
    'done again',
    (story) => answer(asked(story, 2), 200, proof.attempts[0]?.body ?? {}),
  ],
  [
    'one key has one effect and one answer',
    'started twice',
    (story) => {
      const again = { ...story.record.verification, id: 'vf_2' };
      story.records.push({ verification: again, deliveries: [], atMs: 10 });
    },
  ],
  [
    'one key has one effect and one answer',
    'never answered',
    (story) => asked(story, 2).attempts.splice(0, 1),
  ],
  [
    'no message goes out without a record',
    'its delivery is not known',
    (story) => story.messages.push({ ...message, deliveryId: 'dl_2' }),
  ],
  [
    'messages keep to the retry rule',
    'a second one, unmarked',
    (story) => story.messages.push(message),
  ],
  [
    'messages keep to the retry rule',
    'a third one',
    (story) => {
      story.record.deliveries.splice(0, 1, { ...delivery, isPossibleDuplicate: true });
      story.messages.push(message, message);
    },
  ],
  [
    'messages keep to the retry rule',
    'refused for ever',
    (story) => {
      const refused = { ...message, mood: 'answers 429' } as const;
      story.messages.push(...Array<GatewayMessage>(5).fill(refused));
    },
  ],
  [
    'what is sent was taken by a provider',
    'the provider never said so',
    (story) => story.messages.splice(0, 1, { ...message, mood: 'answers 500' }),
  ],
  [
    'nothing stays undecided',
    'a message is still queued',
    (story) => story.record.deliveries.splice(0, 1, { ...delivery, status: 'queued' }),
  ],
  [
    'no time passes that did not',
    'it expired at once',
    (story) => reread(story, { status: 'expired' }),
  ],
  [
    'a refusal of storage leaves nothing behind',
    'a start that answered 503 is there',
    (story) => {
      const { attempts } = asked(story, 0);
      attempts.splice(0, 1);
      answer(asked(story, 0), 503, {});
    },
  ],
  [
    'only faults answer 5xx, and only with 503',
    'an internal error',
    (story) => answer(asked(story, 1), 500, {}),
  ],
  [
    'only faults answer 5xx, and only with 503',
    'a refusal that nothing explains',
    (story) => answer(asked(story, 0), 401, {}),
  ],
];

test('a story that can happen breaks no rule', () => {
  assert.deepEqual(findViolations(changed(() => undefined)), []);
  const lostAnswer = changed((story) => {
    const { attempts } = asked(story, 2);
    const [first] = attempts.splice(0, 1);
    answer(asked(story, 2), null, {});
    answer(asked(story, 2), 409, { code: 'idempotency_key_in_use' });
    answer(asked(story, 2), 200, first?.body ?? {}, true);
  });
  assert.deepEqual(findViolations(lostAnswer), []);
});

for (const [rule, what, change] of breaches) {
  test(`"${rule}" is found broken: ${what}`, () => {
    const broken = findViolations(changed(change)).map((line) => line.split(': ')[0]);
    assert.ok(broken.includes(rule), `only ${broken.join(', ')}`);
  });
}

test('each rule is broken at least once above', () => {
  assert.deepEqual([...new Set(breaches.map(([rule]) => rule))], Object.keys(rules));
});
