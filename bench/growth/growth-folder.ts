/**
 * A folder that is filled once and measured often: its database, and the keys and the API key that
 * belong to it. It stays until somebody deletes it.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ground } from '../systems/system.ts';
import {
  createApplication,
  type Environment,
  productionEnvironment,
} from '../systems/watchword.ts';
import { type Filled, fillSqlite } from './fill-sqlite.ts';

export interface GrowthFolder {
  readonly dataFolder: string;
  readonly environment: Environment;
  readonly apiKey: string;
  readonly filled: Filled;
}

interface Kept {
  readonly keys: string;
  readonly apiKey: string;
  readonly filled: Filled;
}

export async function openGrowthFolder(
  folder: string,
  verifications: number,
  gateways: Ground['gateways'],
  say: (line: string) => void,
): Promise<GrowthFolder> {
  const dataFolder = join(folder, 'data');
  const keptFile = join(folder, 'growth.json');
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const ground = { folder, gateways, isWithBadGateways: false };
  const fresh = await productionEnvironment(ground, { WATCHWORD_DATA: dataFolder });
  if (existsSync(keptFile)) {
    const kept = JSON.parse(readFileSync(keptFile, 'utf8')) as Kept;
    if (kept.filled.verifications !== verifications) {
      throw new Error(`${folder} holds ${kept.filled.verifications} verifications. Delete it.`);
    }
    return { ...kept, dataFolder, environment: { ...fresh, WATCHWORD_KEYS: kept.keys } };
  }
  // The rows are those of the application that is measured, as if they were its own past.
  const apiKey = await createApplication(fresh, 'healthy');
  const filled = await fillSqlite(dataFolder, verifications, say);
  const kept: Kept = { keys: String(fresh['WATCHWORD_KEYS']), apiKey, filled };
  writeFileSync(keptFile, JSON.stringify(kept), { mode: 0o600 });
  return { dataFolder, environment: fresh, apiKey, filled };
}
