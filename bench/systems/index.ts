import { betterAuthPostgres, betterAuthSqlite } from './better-auth.ts';
import { floor } from './floor.ts';
import { otpgateway, otpgatewayDurable } from './otpgateway.ts';
import type { System } from './system.ts';
import { watchwordPostgresOneNode, watchwordPostgresTwoNodes } from './watchword-postgres.ts';
import { watchwordSqlite } from './watchword-sqlite.ts';

/** In the order of the table. */
export const systems: readonly System[] = [
  floor,
  watchwordSqlite,
  watchwordPostgresOneNode,
  watchwordPostgresTwoNodes,
  otpgateway,
  otpgatewayDurable,
  betterAuthPostgres,
  betterAuthSqlite,
];
