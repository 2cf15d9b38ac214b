/** Watchword on a database that holds years of verifications and is kept from run to run. */
import { basename } from 'node:path';
import { freePort, startProgram } from '../systems/program.ts';
import type { Grown, GrowthPlace, RunningSystem } from '../systems/system.ts';
import {
  createApplication,
  type Environment,
  productionEnvironment,
  sendingBy,
  servePlan,
  watchwordShape,
  watchwordTool,
} from '../systems/watchword.ts';
import {
  type Filled,
  gigabytes,
  type KeptFill,
  makeRoom,
  readKeptFill,
  writeKeptFill,
} from './kept-fill.ts';

export interface Growing {
  /** What a verification takes on the disk, with its delivery and its share of the rest. */
  readonly bytesEach: number;
  /** Makes the database of a place reachable; it lies there, or comes there now. */
  open(place: GrowthPlace): Promise<OpenDatabase>;
  fill(place: GrowthPlace, storage: Environment): Promise<Omit<Filled, 'verifications'>>;
}

export interface OpenDatabase {
  readonly storage: Environment;
  readonly processIds: readonly number[];
  close(): Promise<void>;
}

/** Fills the place where that was not done before, which takes minutes. */
export async function openGrown(growing: Growing, place: GrowthPlace): Promise<Grown> {
  const kept = readKeptFill(place.folder);
  if (kept === null) makeRoom(place.folder, place.verifications * growing.bytesEach);
  const database = await growing.open(place);
  try {
    const { keys, apiKey, filled } = await (kept === null
      ? fillNow(growing, place, database.storage)
      : migrated(kept, place, database.storage));
    return { filled, start: (folder) => start(growing, place, { keys, apiKey, folder }) };
  } finally {
    await database.close();
  }
}

async function fillNow(
  growing: Growing,
  place: GrowthPlace,
  storage: Environment,
): Promise<KeptFill> {
  const { folder, verifications, say } = place;
  const environment = await environmentOf(place, storage);
  await watchwordTool(environment, 'migrate');
  // The rows are those of the application that is measured, as if they were its own past.
  const apiKey = await createApplication(environment, 'healthy', sendingBy('healthy'));
  const filled = { verifications, ...(await growing.fill(place, storage)) };
  const kept = { keys: String(environment['WATCHWORD_KEYS']), apiKey, filled };
  writeKeptFill(folder, kept);
  say(`${basename(folder)}: ${gigabytes(filled.bytes)}, filled in ${filled.seconds.toFixed(0)} s`);
  return kept;
}

/** It may have been filled by an earlier version. */
async function migrated(
  kept: KeptFill,
  place: GrowthPlace,
  storage: Environment,
): Promise<KeptFill> {
  await watchwordTool(await environmentOf(place, storage, kept.keys), 'migrate');
  return kept;
}

async function start(
  growing: Growing,
  place: GrowthPlace,
  { keys, apiKey, folder }: { keys: string; apiKey: string; folder: string },
): Promise<RunningSystem> {
  const database = await growing.open(place);
  try {
    const environment = await environmentOf(place, database.storage, keys);
    const port = await freePort();
    const startPlan = servePlan(folder, environment, port);
    const server = await startProgram(startPlan);
    return {
      shape: watchwordShape([port], apiKey),
      servers: [server.processId],
      databases: database.processIds,
      startPlan,
      stopServers: server.stop,
      async stop() {
        await server.stop();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function environmentOf(
  { folder, gateways }: GrowthPlace,
  storage: Environment,
  keys?: string,
): Promise<Environment> {
  const ground = { folder, gateways, isWithBadGateways: false };
  const environment = await productionEnvironment(ground, storage);
  return keys === undefined ? environment : { ...environment, WATCHWORD_KEYS: keys };
}
