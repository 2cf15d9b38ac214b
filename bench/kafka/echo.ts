/**
 * A service that answers every record with itself, and promises what the server promises: the reply
 * is acknowledged by all replicas before the offset is committed, and the offset that is committed
 * is the lowest that is not done. All records are worked on at once, and one commit at a time is
 * under way. `together`, replies that wait leave in one request, which is as fast as the client
 * allows; `alone`, each handler writes its own, beside the others.
 */
import { setImmediate as endOfTurn } from 'node:timers/promises';
import {
  Consumer,
  compatibilityPartitioner,
  type Message,
  ProduceAcks,
  Producer,
} from '@platformatic/kafka';

const [brokers = '', from = '', to = '', how = 'together'] = process.argv.slice(2);
type Bytes = Buffer;
type Incoming = Message<Bytes, Bytes, Bytes, Bytes>;

interface Reply {
  readonly message: Incoming;
  readonly done: () => void;
}

/** An idempotent producer, as the server's, has one request under way: too few for `alone`. */
const base = { clientId: 'echo', bootstrapBrokers: [brokers] };
const writing = how === 'together' ? { idempotent: true } : { acks: ProduceAcks.ALL };
const producer = new Producer<Bytes, Bytes, Bytes, Bytes>({ ...base, ...writing });
const consumer = new Consumer<Bytes, Bytes, Bytes, Bytes>({
  ...base,
  groupId: from,
  sessionTimeout: 10_000,
  heartbeatInterval: 1_000,
  rebalanceTimeout: 20_000,
  maxWaitTime: 500,
  maxBytes: 8 * 1024 * 1024,
  highWaterMark: 64,
  autocommit: false,
});

/** By partition, in the order in which they came; true once the reply is acknowledged. */
const open = new Map<number, { readonly message: Incoming; isDone: boolean }[]>();
const committing = new Set<number>();
const waiting: Reply[] = [];
let isWriting = false;

async function write(replies: readonly Reply[]): Promise<void> {
  const messages = replies.map(({ message: { key, value, headers } }) => {
    return { topic: to, key, value, headers };
  });
  await producer.send({ messages, partitioner: compatibilityPartitioner });
  for (const { done } of replies) done();
}

async function writeTogether(): Promise<void> {
  if (isWriting) return;
  isWriting = true;
  // What one fetch has brought waits together.
  await endOfTurn();
  while (waiting.length > 0) await write(waiting.splice(0));
  isWriting = false;
}

async function commitDone(partition: number): Promise<void> {
  if (committing.has(partition)) return;
  committing.add(partition);
  const records = open.get(partition) ?? [];
  for (;;) {
    const undone = records.findIndex(({ isDone }) => !isDone);
    const [last] = records.splice(0, undone < 0 ? records.length : undone).slice(-1);
    if (last === undefined) break;
    await last.message.commit();
  }
  committing.delete(partition);
}

function take(message: Incoming): void {
  const { partition } = message;
  const record = { message, isDone: false };
  const records = open.get(partition);
  if (records === undefined) open.set(partition, [record]);
  else records.push(record);
  const done = (): void => {
    record.isDone = true;
    void commitDone(partition);
  };
  if (how === 'alone') {
    void write([{ message, done }]);
    return;
  }
  waiting.push({ message, done });
  void writeTogether();
}

// Without the benchmark nobody wants an echo.
process.on('disconnect', () => process.exit());
const stream = await consumer.consume({
  topics: [from],
  mode: 'committed',
  fallbackMode: 'earliest',
});
process.send?.('ready');
for await (const message of stream) take(message);
