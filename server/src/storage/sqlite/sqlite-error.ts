/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html). */
const busy = 5;
const locked = 6;
const corrupt = 11;
const full = 13;
const notADatabase = 26;
const cannotOpen = 14;
const readOnly = 8;

/** Codes that speak of our own statement and not of the disk or the lock. */
const ownMistakes: readonly number[] = [1, 18, 19, 20, 21, 25];

/** Extended code of an INSERT whose INTEGER PRIMARY KEY is taken. */
const headTaken = 1555;
const rowidTaken = 2579;

/** The result code of an error thrown by `node:sqlite`; null for any other error. */
function resultCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null;
  return typeof error.errcode === 'number' ? error.errcode : null;
}

function isOneOf(error: unknown, codes: readonly number[]): boolean {
  const code = resultCode(error);
  return code !== null && codes.includes(code & 0xff);
}

export function isBusy(error: unknown): boolean {
  return isOneOf(error, [busy, locked]);
}

export function isNotADatabase(error: unknown): boolean {
  return isOneOf(error, [corrupt, notADatabase]);
}

/** Of SQLite, or of the system where there is no file yet. */
export function isFull(error: unknown): boolean {
  return (
    isOneOf(error, [full]) || (error instanceof Error && 'code' in error && error.code === 'ENOSPC')
  );
}

export function isNotWritable(error: unknown): boolean {
  return isOneOf(error, [cannotOpen, readOnly]);
}

/**
 * The disk, the lock or the memory failed, and not our statement. A head that two processes drew at
 * once belongs here too: nothing was changed, and the caller's next try draws another.
 */
export function isUnavailable(error: unknown): boolean {
  const code = resultCode(error);
  if (code === null) return false;
  return code === headTaken || code === rowidTaken || !ownMistakes.includes(code & 0xff);
}
