import { floor } from './floor.ts';
import type { System } from './system.ts';
import { watchwordPostgresOneNode, watchwordPostgresTwoNodes } from './watchword-postgres.ts';
import { watchwordSqlite } from './watchword-sqlite.ts';

/** In the order of the table. */
export const systems: readonly System[] = [
  floor,
  watchwordSqlite,
  watchwordPostgresOneNode,
  watchwordPostgresTwoNodes,
];
