import type { Log } from '#service/log-port.ts';
import type { Maintenance } from '#service/maintenance.ts';

/** What the clock starts, and how often. Each job waits for its last run before it runs again. */
const jobs: readonly { name: keyof Maintenance; everyMs: number }[] = [
  { name: 'deliverDue', everyMs: 500 },
  { name: 'callBackDue', everyMs: 500 },
  { name: 'expireDue', everyMs: 1_000 },
  { name: 'purge', everyMs: 60_000 },
];

export interface Jobs {
  /** Starts no further run and waits for those under way. */
  stop(): Promise<void>;
}

export function startJobs(maintenance: Maintenance, log: Log): Jobs {
  let isStopped = false;
  const timers = new Set<NodeJS.Timeout>();
  const running = new Set<Promise<void>>();

  function schedule(name: keyof Maintenance, everyMs: number): void {
    if (isStopped) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      const run = maintenance[name]()
        .then(() => undefined)
        // Storage away or the like: the next run tries again, and nothing is lost in between.
        .catch((error: unknown) => log.warn({ err: error, job: name }, 'job failed'))
        .finally(() => {
          running.delete(run);
          schedule(name, everyMs);
        });
      running.add(run);
    }, everyMs);
    timers.add(timer);
  }

  for (const { name, everyMs } of jobs) schedule(name, everyMs);
  return {
    async stop() {
      isStopped = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(running);
    },
  };
}
