import { write, writeSync } from 'node:fs';

export interface LogLines {
  write(text: string): void;
}

/**
 * So much is written at once, and nothing waits for longer than `waitMaxMs`. Each write is a job of
 * another thread: with 8 KiB they took 2 % of the busy thread of a server under load.
 */
const gatheredLengthMin = 65_536;
const waitMaxMs = 100;
/** A reader that stopped reading costs lines beyond this, never memory without a bound. */
const keptLengthMax = 8 * 1024 * 1024;
const exitTriesMax = 100;

/**
 * Gathers lines and writes them together, one write under way at a time. What is gathered is
 * written before the process ends; one that is killed loses the lines of its last moment, and one
 * whose reader has gone loses them all and goes on. (pino's own destination tries for ever to write
 * to a reader that has gone when its process ends.)
 */
export function gatherLines(descriptor: number): LogLines {
  let gathered = '';
  let underWay = Buffer.alloc(0);
  let timer: NodeJS.Timeout | null = null;
  let isOver = false;

  function flush(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (underWay.length > 0 || gathered === '') return;
    underWay = Buffer.from(gathered);
    gathered = '';
    writeOn();
  }

  function writeOn(): void {
    write(descriptor, underWay, (error, written) => {
      if (error !== null && !isBusy(error)) isOver = true;
      underWay = isOver ? Buffer.alloc(0) : underWay.subarray(written ?? 0);
      if (underWay.length > 0) setTimeout(writeOn, error === null ? 0 : waitMaxMs).unref();
      else if (gathered.length >= gatheredLengthMin) flush();
      else if (gathered !== '') wait();
    });
  }

  function wait(): void {
    timer ??= setTimeout(flush, waitMaxMs).unref();
  }

  process.on('exit', () => {
    writeRest(descriptor, Buffer.concat([underWay, Buffer.from(gathered)]));
  });

  return {
    write(text) {
      if (isOver || gathered.length > keptLengthMax) return;
      gathered += text;
      if (gathered.length >= gatheredLengthMin) flush();
      else wait();
    },
  };
}

/** Waits a moment for a reader that is slow, and for none that has gone. */
function writeRest(descriptor: number, rest: Buffer): void {
  let at = 0;
  for (let tries = 0; at < rest.length && tries < exitTriesMax; tries++) {
    try {
      at += writeSync(descriptor, rest, at);
    } catch (error) {
      if (!(error instanceof Error) || !isBusy(error)) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

function isBusy(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EAGAIN' || error.code === 'EBUSY';
}
