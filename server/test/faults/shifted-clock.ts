/**
 * Loaded into a server under test before everything else (`node --import`), in each of its threads:
 * the wall clock of its JavaScript is off by what stands in the file that FAULTS_CLOCK_FILE names.
 *
 * It moves `Date.now()` and `new Date()`, which is all that the server asks for the time of day. It
 * does not move timers and `performance.now()`, which a real step of the clock leaves alone too,
 * nor what is outside of JavaScript: the times of files, certificates, the clock of PostgreSQL.
 */
import { openSync, readSync } from 'node:fs';

const file = process.env['FAULTS_CLOCK_FILE'];
if (file !== undefined) {
  const descriptor = openSync(file, 'r');
  const offset = new Float64Array(1);
  const RealDate = Date;
  const now = () => {
    readSync(descriptor, offset, 0, offset.byteLength, 0);
    return RealDate.now() + (offset[0] ?? 0);
  };
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, asked) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, asked),
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  });
}
