import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flowx } from './doors/flowx.ts';
import { referenceFor } from './doors/flowx-clients.ts';
import { explain } from './history-checker.ts';
import { defaultSettings, emptyState, type Settings, type State } from './model.ts';
import type { Asking, Call } from './operations.ts';

/** What came by a record of a topic: it is begun anew after a death, and keeps to its order. */
const client = 'ann';
const recipient = '+919876000000';
const code = '4829';
const name = referenceFor(client);
const asked = { application: 'own', door: 'flowx' } as const;
const words = { processInstanceId: 7, clientId: client, channel: 'SMS' };
const span = { fromMs: Date.UTC(2030, 0, 1), toMs: Date.UTC(2030, 0, 1) + 50 };

type Made = readonly [operation: Asking, reply: object];

const start = (otpSent: boolean): Made => [
  {
    ...{ ...asked, kind: 'start', key: null, recipient, ledger: recipient, client },
    destinations: [{ channel: 'sms', to: recipient, ledger: recipient }],
    ...{ customCode: null, checksMax: null, lifetimeSeconds: null, codeLength: null },
    ...{ reference: name, purpose: name },
  },
  { ...words, otpSent, error: otpSent ? null : 'A limit is reached.' },
];
const guess = (otp: string, otpValid: boolean): Made => [
  { ...asked, kind: 'client-check', key: null, client, channel: 'sms', code: otp },
  { ...words, otpValid },
];

/** The first is over before the others are made, which are under way at once. */
function statesAfter(
  made: readonly Made[],
  how: { readonly lane?: string; readonly cutsMax?: number; readonly own?: Partial<Settings> },
): readonly State[] {
  const { own = {}, ...rest } = how;
  const calls = made.map(([operation, reply], number): Call => {
    const times = number === 0 ? [0, 1] : [10 + number, 50 + number];
    const [calledAs = 0, returnedAs = 0] = times;
    const answer = flowx.read(operation, JSON.stringify(reply));
    const keyed = { ...operation, key: `record-${number}` };
    return { number, node: 0, operation: keyed, calledAs, returnedAs, answer, ...rest };
  });
  const state = emptyState(0);
  state.settings.own = { ...defaultSettings, ...own };
  return explain([state], {
    ...{ calls, span, mayGiveBack: false, isBlocked: () => true },
    codeOf: () => code,
    nameOf: () => undefined,
    namesOf: () => [name],
  }).states;
}

function valuesOf<Value>(states: readonly State[], read: (state: State) => Value): Value[] {
  return [...new Set(states.map(read))].sort();
}

const failures = (state: State) => state.ledgers[`own ${recipient}`]?.failures.length;
const first = (state: State) => state.verifications[0];

test('commands of one lane take effect in the order in which they were made', () => {
  const made = [start(true), guess(code, true), guess('0000', false)];
  // A wrong guess after the right one is not compared, and costs nothing.
  assert.deepEqual(valuesOf(statesAfter(made, { lane: 'validate' }), failures), [0]);
  assert.deepEqual(valuesOf(statesAfter(made, {}), failures), [0, 1]);
});

test('a start that was begun anew is one start', () => {
  const states = statesAfter([start(true)], { lane: 'generate', cutsMax: 2 });
  assert.deepEqual(
    valuesOf(states, ({ verifications }) => verifications.length),
    [1],
  );
});

test('a guess that was begun anew is one guess, and a right one may stay charged', () => {
  const cut = { lane: 'one', cutsMax: 1 };
  const wrong = statesAfter([start(true), guess('0000', false)], cut);
  assert.deepEqual(
    valuesOf(wrong, (state) => first(state)?.checksUsed),
    [1],
  );
  assert.deepEqual(valuesOf(wrong, failures), [1]);
  const right = statesAfter([start(true), guess(code, true)], cut);
  assert.deepEqual(
    valuesOf(right, (state) => first(state)?.status),
    ['approved'],
  );
  assert.deepEqual(valuesOf(right, failures), [0, 1]);
});

test('a refusal that was begun anew may leave two records, and no more', () => {
  const cut = { lane: 'generate', cutsMax: 1, own: { recipientSendsHourMax: 1 } };
  const states = statesAfter([start(true), start(false)], cut);
  assert.deepEqual(
    valuesOf(states, ({ blocked }) => blocked.length),
    [1, 2],
  );
});

test('what a guess that was begun anew is answered has to be so all the same', () => {
  const made = [start(true), guess(code, false)];
  assert.deepEqual(statesAfter(made, { lane: 'one', cutsMax: 1 }), []);
});
