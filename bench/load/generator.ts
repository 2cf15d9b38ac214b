/**
 * The process that makes the load and plays the gateways. It is the only one beside the system
 * under test that works while time is counted; `run.ts` waits, and reads counters of processes.
 */
import { randomInt } from 'node:crypto';
import { createFreshNumbers } from './fresh-numbers.ts';
import { openGateways } from './gateways.ts';
import type { FromGenerator, ToGenerator } from './protocol.ts';
import { runLoad } from './run-load.ts';

function tell(message: FromGenerator): void {
  process.send?.(message);
}

const gateways = await openGateways();
const freshNumber = createFreshNumbers(randomInt(100_000_000));

process.on('message', ({ load }: ToGenerator) => {
  const work = runLoad({
    load,
    gateways,
    freshNumber,
    begin: () => tell({ type: 'begin' }),
    progress: (done) => tell({ type: 'progress', done }),
  });
  work.then(
    (result) => tell({ type: 'end', result }),
    (error: Error) => tell({ type: 'failed', reason: error.message }),
  );
});
// Without the benchmark nobody wants the load.
process.on('disconnect', () => process.exit());
tell({ type: 'ready', ports: gateways.ports });
