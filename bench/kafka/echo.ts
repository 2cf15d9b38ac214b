/**
 * A service that answers every record with itself, and promises what the server promises: the reply
 * is acknowledged by all replicas before the offset is committed, and the offset that is committed
 * is the lowest that is not done. All records are worked on at once, and one commit at a time is
 * under way. Replies that wait leave in one request, which is as fast as the client allows; or each
 * in its own, as a handler would write it that knows of no other.
 */
import {
  Consumer,
  compatibilityPartitioner,
  type Message,
  Producer,
  type ProducerOptions,
} from '@platformatic/kafka';

const [brokers = '', from = '', to = '', repliesMax = '1'] = process.argv.slice(2);
type Bytes = Buffer;
type Incoming = Message<Bytes, Bytes, Bytes, Bytes>;

/** The settings that the server has. An idempotent producer has one request under way. */
const base = { clientId: 'echo', bootstrapBrokers: [brokers] };
const writing = { idempotent: true } satisfies Partial<ProducerOptions<Bytes, Bytes, Bytes, Bytes>>;
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
const waiting: { readonly message: Incoming; readonly done: () => void }[] = [];
let isWriting = false;

async function writeReplies(): Promise<void> {
  if (isWriting) return;
  isWriting = true;
  while (waiting.length > 0) {
    const batch = waiting.splice(0, Number(repliesMax));
    await producer.send({
      messages: batch.map(({ message: { key, value, headers } }) => {
        return { topic: to, key, value, headers };
      }),
      partitioner: compatibilityPartitioner,
    });
    for (const { done } of batch) done();
  }
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
  waiting.push({ message, done });
  void writeReplies();
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
