/**
 * `npm run test:kafka [rounds] [--seed=…]`: a thousand commands a round over a real broker, to two
 * nodes on one PostgreSQL, while nodes and broker are killed and stopped as the seed has it. Every
 * command must be answered, a repeated reply be the same, and the whole be a history of the model.
 * One line for each round; ten rounds when nothing is said. Ends with 1 at the first that fails.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type RunningServer, startDevelopmentServer } from './end-to-end/running-server.ts';
import { createRandomSource, type RandomSource } from './faults/random-source.ts';
import { openHistory, settingsOf, untilAnswered, type Wave } from './kafka/history.ts';
import { type KafkaSite, makeTopics, nameTopics, openSite } from './kafka/kafka-site.ts';
import { saveTemplate as saveModelTemplate } from './model/doors/flowx-clients.ts';
import { findPostgres, startPostgres } from './parts/postgres.ts';

const roundsDefault = 10;
const people = 130;
const waves = 3;
const partitions = 6;
const faultsMax = 3;

/** The nodes of a round, of which at least one is up at its end. */
interface Nodes {
  readonly all: RunningServer[];
  replace(index: number, ending: 'kill' | 'stop'): Promise<void>;
}

async function startNodes(environment: Readonly<Record<string, string>>): Promise<Nodes> {
  const start = () => startDevelopmentServer(environment);
  const all = [await start(), await start()];
  return {
    all,
    async replace(index, ending) {
      const node = all[index];
      if (node === undefined) return;
      if (ending === 'kill') await node.kill();
      else await node.stop();
      all[index] = await node.restart();
    },
  };
}

const faults = ['kill a node', 'stop a node', 'kill the broker', 'stop the broker'] as const;
type Fault = (typeof faults)[number];

async function makeFault(fault: Fault, site: KafkaSite, nodes: Nodes, index: number) {
  switch (fault) {
    case 'kill a node':
      return nodes.replace(index, 'kill');
    case 'stop a node':
      return nodes.replace(index, 'stop');
    case 'kill the broker':
      await site.broker.kill();
      return site.broker.restart();
    case 'stop the broker':
      await site.broker.stop();
      return site.broker.restart();
  }
}

/** Answers what happened, and how much of it. */
async function runRound(site: KafkaSite, url: string, random: RandomSource): Promise<string> {
  const topics = nameTopics();
  await makeTopics(site.client, topics, partitions);
  const nodes = await startNodes({
    WATCHWORD_KAFKA_BROKERS: site.broker.address(),
    WATCHWORD_DATABASE_URL: url,
    WATCHWORD_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
    ...topics.environment,
    ...settingsOf(topics),
  });
  const happened: string[] = [];

  async function disturb(wave: Wave): Promise<void> {
    const moments = Array.from(
      { length: random.between(1, faultsMax) },
      () => random.below(90) / 100,
    );
    for (const moment of moments.toSorted((one, other) => one - other)) {
      await untilAnswered(wave, moment);
      const fault = random.pick(faults);
      happened.push(`${fault} at ${moment}`);
      const make = () => makeFault(fault, site, nodes, random.below(nodes.all.length));
      await (fault === 'kill a node' ? wave.killNode(make) : wave.disturb(make));
      await pause(random.below(500));
    }
  }

  const node = (): RunningServer => {
    const [first] = nodes.all;
    if (first === undefined) throw new Error('There is no node.');
    return first;
  };
  try {
    await saveModelTemplate(node());
    const history = openHistory({ client: site.client, topics, random, people, node });
    for (let wave = 0; wave < waves; wave += 1) await history.run(disturb);
    return `${happened.join(', ')}: ${await history.end()}`;
  } finally {
    for (const one of nodes.all) await one.remove();
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { seed: { type: 'string' } },
    allowPositionals: true,
  });
  const rounds = Number(positionals[0] ?? roundsDefault);
  const seed = values.seed ?? randomBytes(4).toString('hex');
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const missing = (reason: string): never => {
    throw new Error(reason);
  };
  const programs = findPostgres();
  if (!programs.ok) return missing(programs.reason);
  const site = await openSite({ skip: (reason) => missing(String(reason)) });
  if (site === null) return;
  const database = await startPostgres(programs.part);
  try {
    say(`seed ${seed}`);
    for (let round = 1; round <= rounds; round += 1) {
      const random = createRandomSource(`${seed} ${round}`);
      say(
        `${round} of ${rounds}: ${await runRound(site, await database.createDatabase(), random)}`,
      );
    }
  } finally {
    await database.remove();
    await site.end();
  }
}

await main();
