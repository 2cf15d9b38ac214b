/**
 * A history over Kafka, put before the model (docs/internals/model.md): commands of many people in
 * waves, in the middle of which nodes and brokers die. After each wave the replies, the phones and
 * the list of verifications must be those of one order of the commands, and keep the invariants.
 *
 * People share nothing that matters here, so each one's part is explained for itself: a history is
 * linearizable when that of each object is (Herlihy and Wing 1990, theorem 1). What they do share
 * is the alarm against spraying, which only makes codes longer.
 */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { RunningServer } from '../end-to-end/running-server.ts';
import type { RandomSource } from '../faults/random-source.ts';
import { type CodeBook, createCodeBook, referenceOf } from '../model/code-book.ts';
import { referenceFor } from '../model/doors/flowx-clients.ts';
import { reportFailure } from '../model/failure-report.ts';
import { explain } from '../model/history-checker.ts';
import { assertAnswers, assertForward, assertMessages, assertNoCode } from '../model/invariants.ts';
import { defaultSettings, emptyState, type State } from '../model/model.ts';
import { observe } from '../model/observe.ts';
import type { Call } from '../model/operations.ts';
import { aheadMsMax } from '../model/targets.ts';
import type { KafkaClient } from '../parts/kafka-client.ts';
import { createCommandLog, type UnderWay } from './command-log.ts';
import { type Client, drawCommands, makeClients } from './draw-commands.ts';
import type { Topics } from './kafka-site.ts';
import { look, type Sight } from './sight.ts';
import { assertTold } from './told-events.ts';

export interface HistoryParts {
  readonly client: KafkaClient;
  readonly topics: Topics;
  readonly random: RandomSource;
  readonly people: number;
  /** Where everything is looked at that is not on a topic; whichever node is up. */
  readonly node: () => RunningServer;
}

/** What a wave sees of the commands under way, and how it lets things die. */
export interface Wave extends UnderWay {
  killNode(kill: () => Promise<void>): Promise<void>;
}

export interface History {
  /** Every one of the people does something. */
  run(meanwhile: (wave: Wave) => Promise<void>): Promise<void>;
  /** Once what happened was told on the event topic; answers how much there was of everything. */
  end(): Promise<string>;
}

/** In four digits a year could be a code: these are looked for wherever there is text. */
const codeLength = 6;
/** Codes here outlive their test. */
const allStatuses = ['approved', 'blocked', 'canceled', 'failed', 'pending'];
const ownSettings = { ...defaultSettings, flowxCodeLength: codeLength };

/** What a server has to be told beside its topics. */
export function settingsOf({ events }: Topics): Readonly<Record<string, string>> {
  return { WATCHWORD_KAFKA_TOPIC_EVENTS: events, FLOWX_OTP_LENGTH: String(codeLength) };
}

export function openHistory({ client, topics, random, people, node }: HistoryParts): History {
  const clients = makeClients(people);
  const book = createCodeBook('kafka');
  const log = createCommandLog(client, {
    generate: { in: topics.generateIn, out: topics.generateOut },
    validate: { in: topics.validateIn, out: topics.validateOut },
  });
  const judgePerson = createJudge(book);
  const deathsAtMs: number[] = [];
  let commands = 0;
  let sight: Sight = { listed: [], messages: [], shownAt: { fromMs: 0, toMs: 0 } };

  function judge(calls: readonly Call[]): void {
    const { listed, messages } = sight;
    book.read(listed, messages, log.calls);
    for (const person of clients) judgePerson(person, { calls, earlier: log.calls, sight });
    for (const { answer } of calls) if (answer !== null) assertNoCode(answer.text, book.codes);
    const { recipientSendsHourMax: hourMax, recipientSendsDayMax: dayMax } = ownSettings;
    const limits = { hourMax, dayMax, budgetCents: null };
    const flags = { hasCrashed: deathsAtMs.length > 0, isTimeBlurred: false };
    const trace = { calls: log.calls, messages, ...book, ...limits, ...flags };
    assertAnswers(trace);
    assertMessages(trace);
    assertOneCode(sight, book, deathsAtMs);
  }

  return {
    async run(meanwhile) {
      const codesOf = (name: string) =>
        book.namesOf(referenceFor(name)).flatMap((verification) => book.codesOf(verification));
      const drawn = drawCommands(clients, codesOf, random);
      commands += drawn.length;
      const calls = await log.run(drawn, (underWay) => {
        const killNode = (kill: () => Promise<void>) =>
          underWay.disturb(async () => {
            await kill();
            deathsAtMs.push(Date.now());
          });
        return meanwhile({ ...underWay, killNode });
      });
      const before = sight.listed;
      sight = await look(node, clients, deathsAtMs.length > 0);
      assertForward(before, sight.listed);
      judge(calls);
    },
    async end() {
      const { listed, messages } = sight;
      const events = await assertTold(client, topics.events, { listed, codes: book.codes });
      const ends = Map.groupBy(listed, ({ status }) => String(status));
      // Where one is lacking the people did too little for the invariants to bite.
      assert.deepEqual([...ends.keys()].sort(), allStatuses);
      const counts = [...ends].map(([status, items]) => `${items.length} ${status}`).sort();
      return (
        `${commands} commands, ${log.replies()} replies, ${messages.length} messages, ` +
        `${events} events, ${listed.length} verifications: ${counts.join(', ')}`
      );
    },
  };
}

interface Judged {
  readonly calls: readonly Call[];
  /** And those before them. */
  readonly earlier: readonly Call[];
  readonly sight: Sight;
}

/** Carries along every state that the server may be in for each of the people. */
function createJudge(book: CodeBook): (person: Client, judged: Judged) => void {
  const settings = { own: ownSettings, other: ownSettings };
  const known = new Map<string, readonly State[]>();
  const { nameOf, namesOf, codeOf, isBlocked } = book;
  const names = { nameOf, namesOf, codeOf, isBlocked, mayBeSprayed: true, mayGiveBack: false };

  return (person, { calls, earlier, sight }) => {
    const { listed, shownAt } = sight;
    const isOwn = ({ operation }: Call) => isOf(person, operation);
    const fail = (obstacles: readonly string[]) =>
      assert.fail(reportFailure(earlier.filter(isOwn), obstacles));
    const before = known.get(person.recipient) ?? [{ ...emptyState(0), settings }];
    const history = { calls: calls.filter(isOwn), span: shownAt, ...names };
    const explained = explain(before, history);
    if (explained.states.length === 0) fail(explained.obstacles);
    const references = person.names.map(referenceFor);
    const own = listed.filter((item) => references.includes(referenceOf(item)));
    const lists = { own, other: [] };
    const observed = observe(explained.states, { lists, shownAt, nameOf });
    if (observed.states.length === 0) fail(observed.obstacles);
    known.set(person.recipient, observed.states);
  };
}

function isOf({ recipient, names }: Client, operation: Call['operation']): boolean {
  return operation.kind === 'client-check'
    ? names.includes(operation.client)
    : operation.kind === 'start' && operation.recipient === recipient;
}

/** No two codes, and no message twice but where a node may have died with it in its hands. */
function assertOneCode(
  { listed, messages }: Sight,
  book: CodeBook,
  deathsAtMs: readonly number[],
): void {
  const received = Map.groupBy(messages, ({ verificationId }) => verificationId);
  for (const { id = '', createdAt = '', deliveries = [] } of listed) {
    const begunMs = Date.parse(createdAt) - aheadMsMax;
    const deaths = deathsAtMs.filter((atMs) => atMs >= begunMs).length;
    const count = received.get(id)?.length ?? 0;
    const most = deliveries.length * (1 + deaths);
    assert.ok(count <= most, `${id}: ${count} messages, at most ${most} are allowed`);
    assert.ok(book.codesOf(id).length <= 1, `${id} has two codes`);
  }
}

/** Resolves when this share of the commands is answered: the moment for something to die. */
export async function untilAnswered(
  { answered, commands }: Pick<Wave, 'answered' | 'commands'>,
  share: number,
): Promise<void> {
  while (answered() < share * commands) await pause(5);
}
