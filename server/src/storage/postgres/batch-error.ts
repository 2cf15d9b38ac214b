import { StorageUnavailable } from '#service/ports.ts';
import { classifyPostgresError } from '#storage/postgres/postgres-error.ts';

function codeOf(error: unknown): string {
  const hasCode = error instanceof Error && 'code' in error && typeof error.code === 'string';
  return hasCode ? (error.code as string) : '';
}

/** WW001 is what our own statements raise, 23505 a row that somebody else made first. */
const conflicts = ['WW001', '23505'];
const undefinedTable = '42P01';
/** As days.ts makes it; the words around it are in the language of the server. */
const partitionName = /\b(?:verification|delivery)_\d+\b/;

/** Somebody else was first: reading again and deciding again helps. */
export function isConflict(error: unknown): boolean {
  const code = codeOf(error);
  if (conflicts.includes(code) || isPartitionGone(error)) return true;
  return classifyPostgresError(error).kind === 'conflict';
}

/** A partition that this node knew of was dropped by another. No other table goes away. */
export function isPartitionGone(error: unknown): boolean {
  return codeOf(error) === undefinedTable && partitionName.test((error as Error).message);
}

/** What was asked for cannot be done, however often it is tried: the others in the batch can. */
export function isOurFault(error: unknown): boolean {
  if (error instanceof StorageUnavailable) return false;
  return classifyPostgresError(error).kind === 'bug';
}
