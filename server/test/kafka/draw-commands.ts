/**
 * What people do with their codes, drawn by chance: they ask for another one, guess wrongly, with
 * an old code, with that of somebody else and past the limit, and some commands are refused as they
 * are. Several commands of one key are under way at once, and those of all keys.
 */

import type { RandomSource } from '../faults/random-source.ts';
import { flowx } from '../model/doors/flowx.ts';
import { referenceFor } from '../model/doors/flowx-clients.ts';
import type { Asking, ObservedAnswer } from '../model/operations.ts';
import type { Sent } from './command-log.ts';

export interface Client {
  readonly recipient: string;
  /** By which FlowX.AI's engine asks for a code; some people have two. */
  readonly names: readonly string[];
}

/** Of a client's name, the oldest first. */
export type CodesOf = (name: string) => readonly string[];

/** Nobody is sent this one: a made code has it once in a million times. */
const wrongCode = '000000';

const beginnings: readonly (readonly Act[])[] = [
  ['start'],
  ['start', 'wrong'],
  ['wrong', 'start'],
  ['start', 'start'],
  ['refused', 'start'],
  ['start', 'start other'],
  ['start', 'wrong', 'start'],
];

const wrongFourTimes = ['wrong', 'wrong', 'wrong', 'wrong'] as const;

/**
 * Some start more often than an hour allows, and some guess until longer codes are asked for. Where
 * many guesses are under way beside many starts, too much could have happened to be told apart.
 */
const goings: readonly (readonly Act[])[] = [
  ['right'],
  ['right', 'right'],
  ['wrong', 'right'],
  ['right', 'wrong'],
  ['old', 'right'],
  ['foreign', 'right'],
  ['right', 'right other'],
  ['start', 'right'],
  ['right', 'start'],
  ['start', 'old', 'start other'],
  ['wrong', 'refused', 'right'],
  ['right other', 'old'],
  ['right', 'start', 'wrong'],
  ['start', 'start', 'start', 'start', 'start', 'right'],
  [...wrongFourTimes, 'wrong', 'right'],
  [...wrongFourTimes, 'right'],
  [...wrongFourTimes, 'wrong', 'start'],
  [...wrongFourTimes, 'start', 'wrong', 'wrong'],
];

type Act =
  | ('start' | 'start other' | 'refused')
  | ('right' | 'right other' | 'wrong' | 'old' | 'foreign');

export function makeClients(count: number): readonly Client[] {
  return Array.from({ length: count }, (_, index) => ({
    recipient: `+91${9_876_000_000 + index}`,
    names: [`client-${index}`, `client-${index}-other`],
  }));
}

/** Commands of everybody, those of one client in their order and those of all mixed. */
export function drawCommands(
  clients: readonly Client[],
  codesOf: CodesOf,
  random: RandomSource,
): readonly Sent[] {
  const lines = clients.map((client) => {
    const [codes = [], others = []] = client.names.map(codesOf);
    const acts = random.pick(codes.length === 0 ? beginnings : goings);
    const foreign = codesOf(random.pick(clients).names[0] ?? '').at(-1);
    return acts.map((act) => commandFor(client, act, { codes, others, foreign }));
  });
  const rounds = Math.max(0, ...lines.map((line) => line.length));
  return Array.from({ length: rounds }, (_, round) =>
    mixed(lines, random).flatMap((line) => line[round] ?? []),
  ).flat();
}

function mixed<Item>(items: readonly Item[], random: RandomSource): readonly Item[] {
  return items
    .map((item) => ({ item, place: random.below(1_000_000) }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item);
}

interface Known {
  readonly codes: readonly string[];
  /** Of the other name. */
  readonly others: readonly string[];
  readonly foreign: string | undefined;
}

function commandFor(client: Client, act: Act, known: Known): Sent {
  const { codes, others, foreign = wrongCode } = known;
  const [own = '', other = own] = client.names;
  const newest = codes.at(-1) ?? wrongCode;
  switch (act) {
    case 'start':
      return sent(startOf(client, own));
    case 'start other':
      return sent(startOf(client, other));
    case 'refused':
      return refused(client, own);
    case 'right':
      return sent(checkOf(own, newest));
    case 'right other':
      // Where it has none, a code of the same person for somebody else.
      return sent(checkOf(other, others.at(-1) ?? newest));
    case 'wrong':
      return sent(checkOf(own, wrongCode));
    case 'old':
      return sent(checkOf(own, codes[0] ?? wrongCode));
    case 'foreign':
      return sent(checkOf(own, foreign));
    default:
      return act satisfies never;
  }
}

const asked = { application: 'own', door: 'flowx', key: null } as const;

function startOf({ recipient }: Client, client: string): Asking {
  return {
    ...{ ...asked, kind: 'start', recipient, ledger: recipient, client },
    destinations: [{ channel: 'sms', to: recipient, ledger: recipient }],
    ...{ customCode: null, checksMax: null, lifetimeSeconds: null, codeLength: null },
    ...{ reference: referenceFor(client), purpose: referenceFor(client) },
  };
}

function checkOf(client: string, code: string): Asking {
  return { ...asked, kind: 'client-check', client, channel: 'sms', code };
}

function sent(operation: Asking): Sent {
  return {
    operation,
    command: flowx.command(operation, (verification) => verification),
    read: (reply) => flowx.read(operation, reply),
  };
}

/** Of two faults one at a time: neither has an effect, which the state shows afterwards. */
function refused(client: Client, name: string): Sent {
  const operation = startOf(client, name);
  const { value, ...command } = flowx.command(operation, (verification) => verification);
  const isTemplate = client.recipient.endsWith('1');
  const flaw = isTemplate ? { templateName: 'none' } : { recipient: 'nobody' };
  return {
    operation: null,
    command: { ...command, value: { ...value, ...flaw } },
    read: (reply): ObservedAnswer => {
      const answer = flowx.read(operation, reply);
      if (answer.shown?.word !== 'sent false') throw new Error(`It was not refused: ${reply}`);
      return answer;
    },
  };
}
