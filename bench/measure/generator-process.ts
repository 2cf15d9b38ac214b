/** The load generator as a process of its own, and what the system cost while it measured. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { AnyLoad, FromGenerator, GatewayPorts, LoadResult } from '../load/protocol.ts';
import type { RunningSystem } from '../systems/system.ts';
import { cpuMsOf, memoryOf } from './process-tree.ts';

export interface Measured extends LoadResult {
  /** Processor time while the window was open; null where the machine does not count it. */
  readonly serverCpuMs: number | null;
  readonly databaseCpuMs: number | null;
  /** Of the server's largest process, at the end and at most. */
  readonly memory: { readonly nowMiB: number; readonly mostMiB: number } | null;
}

/** Whose cost is counted. */
type Processes = Pick<RunningSystem, 'servers' | 'databases'>;

export interface GeneratorProcess {
  readonly gateways: GatewayPorts;
  run(of: Processes, load: AnyLoad, progress?: (done: number) => void): Promise<Measured>;
  close(): void;
}

const program = fileURLToPath(new URL('../load/generator.ts', import.meta.url));
/** Beyond the time of the load itself; a generator that is silent for longer has died. */
const graceMs = 60_000;

export async function startGenerator(): Promise<GeneratorProcess> {
  const child = fork(program);
  const gateways = await new Promise<GatewayPorts>((ready, failed) => {
    child.once('error', failed);
    child.once('message', (message: FromGenerator) => {
      if (message.type === 'ready') ready(message.ports);
    });
  });
  return {
    gateways,
    run: (system, load, progress) => measure(child, system, load, progress),
    close: () => {
      child.disconnect();
    },
  };
}

function measure(
  child: ChildProcess,
  system: Processes,
  load: AnyLoad,
  progress: (done: number) => void = () => undefined,
): Promise<Measured> {
  const sum = (processes: readonly number[]) =>
    processes.reduce<number | null>((total, one) => {
      const cpuMs = cpuMsOf(one);
      return total === null || cpuMs === null ? null : total + cpuMs;
    }, 0);
  const readCpu = () => ({ server: sum(system.servers), database: sum(system.databases) });
  let before = readCpu();
  const { promise, resolve, reject } = Promise.withResolvers<Measured>();
  const timer = setTimeout(
    () => reject(new Error('The load generator did not end in time.')),
    // Wrong checks take the time of the load twice: once to prepare what is guessed at.
    (load.warmUpSeconds + load.seconds) * 2_000 + graceMs,
  );
  const died = (): void => reject(new Error('The load generator ended.'));
  const take = (message: FromGenerator): void => {
    if (message.type === 'begin') before = readCpu();
    if (message.type === 'progress') progress(message.done);
    if (message.type === 'failed') reject(new Error(message.reason));
    if (message.type !== 'end') return;
    const after = readCpu();
    resolve({
      ...message.result,
      serverCpuMs: difference(after.server, before.server),
      databaseCpuMs: difference(after.database, before.database),
      memory: largest(system.servers),
    });
  };
  child.on('message', take);
  child.once('exit', died);
  child.send({ type: 'load', load });
  return promise.finally(() => {
    clearTimeout(timer);
    child.off('message', take);
    child.off('exit', died);
  });
}

function difference(after: number | null, before: number | null): number | null {
  return after === null || before === null ? null : after - before;
}

function largest(processes: readonly number[]): Measured['memory'] {
  const memories = processes.flatMap((one) => memoryOf(one) ?? []);
  return memories.toSorted((one, other) => other.mostMiB - one.mostMiB)[0] ?? null;
}
