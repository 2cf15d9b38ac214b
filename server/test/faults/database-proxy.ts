/**
 * Stands between a node and its database and disturbs what passes: connections that are cut, that
 * fall silent without a word, or that are slow. It knows nothing of what the bytes mean.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Disturbance } from './schedule.ts';

export interface DatabaseProxy {
  readonly port: number;
  /** How many connections there are through it. */
  connections(): number;
  disturb(disturbance: Disturbance): void;
  /** Everything passes again; what was held back goes on, unless it was forgotten. */
  calm(): void;
  close(): Promise<void>;
}

/** Both ends of one connection. */
interface Pair {
  readonly node: Socket;
  readonly database: Socket;
  /** Nothing passes any more, and nobody is told: as when a firewall has lost its table. */
  isForgotten: boolean;
}

/** A database on another continent. */
const slowMs = 60;

export async function startDatabaseProxy(databasePort: number): Promise<DatabaseProxy> {
  const pairs = new Set<Pair>();
  let mood: Disturbance | 'calm' = 'calm';

  const server = createServer({ allowHalfOpen: true }, (node) => {
    if (mood === 'cut') {
      node.resetAndDestroy();
      return;
    }
    const database = connect({ port: databasePort, host: '127.0.0.1', allowHalfOpen: true });
    const pair: Pair = { node, database, isForgotten: false };
    pairs.add(pair);
    pass(pair, node, database);
    pass(pair, database, node);
    hold(pair);
  });

  function pass(pair: Pair, from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on('data', (chunk) => {
      if (mood === 'slow') setTimeout(() => to.writable && to.write(chunk), slowMs);
      else to.write(chunk);
    });
    from.on('end', () => (mood === 'slow' ? setTimeout(() => to.end(), slowMs) : to.end()));
    // The end that is left learns of it at once, but for silence, which swallows that too.
    from.on('error', () => from.destroy());
    from.on('close', () => {
      if (!isSilent(pair)) endBoth(pair);
    });
  }

  function isSilent({ isForgotten }: Pair): boolean {
    return isForgotten || mood.startsWith('stalled');
  }

  function endBoth(pair: Pair): void {
    pairs.delete(pair);
    for (const end of [pair.node, pair.database]) reset(end);
  }

  /** Reads from each end only if what it says may pass; the kernel keeps the rest. */
  function hold(pair: Pair): void {
    const stopsToDatabase =
      pair.isForgotten || mood === 'stalled' || mood === 'stalled to the database';
    const stopsFromDatabase =
      pair.isForgotten || mood === 'stalled' || mood === 'stalled from the database';
    if (stopsToDatabase) pair.node.pause();
    else pair.node.resume();
    if (stopsFromDatabase) pair.database.pause();
    else pair.database.resume();
  }

  function holdAll(): void {
    for (const pair of pairs) {
      const isHalfGone = pair.node.destroyed || pair.database.destroyed;
      if (isHalfGone && !isSilent(pair)) endBoth(pair);
      else hold(pair);
    }
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => pairs.size,
    disturb(disturbance) {
      if (disturbance === 'forgotten') for (const pair of pairs) pair.isForgotten = true;
      if (disturbance === 'cut' || disturbance === 'reset') for (const pair of pairs) endBoth(pair);
      mood = disturbance === 'reset' || disturbance === 'forgotten' ? 'calm' : disturbance;
      holdAll();
    },
    calm() {
      mood = 'calm';
      holdAll();
    },
    async close() {
      server.close();
      for (const pair of pairs) endBoth(pair);
      await once(server, 'close');
    },
  };
}

/** One with something left to write would wait for that, and one that is ending would never end. */
function reset(end: Socket): void {
  const canReset = !end.connecting && !end.writableEnded && end.writableLength === 0;
  if (canReset) end.resetAndDestroy();
  else end.destroy();
}
