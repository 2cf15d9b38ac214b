/**
 * The process that makes the load and plays the gateways. It is the only one beside the system
 * under test that works while time is counted; `run.ts` waits, and reads counters of processes.
 */
import { randomInt } from 'node:crypto';
import { createFreshNumbers } from './fresh-numbers.ts';
import { openGateways } from './gateways.ts';
import type { FromGenerator, ToGenerator } from './protocol.ts';
import { runCommands } from './run-commands.ts';
import { runLoad } from './run-load.ts';

function tell(message: FromGenerator): void {
  process.send?.(message);
}

const gateways = await openGateways();
const freshNumber = createFreshNumbers(randomInt(100_000_000));

process.on('message', ({ load }: ToGenerator) => {
  const parts = { gateways, freshNumber, begin: () => tell({ type: 'begin' }) };
  const progress = (done: number) => tell({ type: 'progress', done });
  const work =
    load.workload === 'kafka'
      ? runCommands({ ...parts, load })
      : runLoad({ ...parts, load, progress });
  work.then(
    (result) => tell({ type: 'end', result }),
    (error: Error) => tell({ type: 'failed', reason: error.message }),
  );
});
// Without the benchmark nobody wants the load.
process.on('disconnect', () => process.exit());
tell({ type: 'ready', ports: gateways.ports });
