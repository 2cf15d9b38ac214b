/**
 * What a process and everything that it started cost, from the files of Linux (proc(5)). Elsewhere
 * there is no such count, and the columns stay empty.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, which every Linux that Node runs on has at 100. */
const ticksPerSecond = 100;

interface Stat {
  readonly parent: number;
  readonly ticks: number;
}

/** Processor time in milliseconds, children that ended included; null where nobody counts. */
export function cpuMsOf(root: number): number | null {
  const tree = treeOf(root);
  if (tree === null) return null;
  const ticks = tree.reduce((sum, { ticks }) => sum + ticks, 0);
  return (ticks * 1_000) / ticksPerSecond;
}

/** Memory in MiB of one process: what it holds now, and the most it ever held. */
export function memoryOf(processId: number): { nowMiB: number; mostMiB: number } | null {
  const status = readOrNull(`/proc/${processId}/status`);
  if (status === null) return null;
  const read = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1_024;
  return { nowMiB: read('VmRSS'), mostMiB: read('VmHWM') };
}

function treeOf(root: number): readonly Stat[] | null {
  const all = new Map<number, Stat>();
  for (const name of namesOfProcesses()) {
    const stat = readStat(Number(name));
    if (stat !== null) all.set(Number(name), stat);
  }
  if (!all.has(root)) return null;
  return [...all].filter(([processId]) => isBelow(all, processId, root)).map(([, stat]) => stat);
}

function isBelow(all: ReadonlyMap<number, Stat>, processId: number, root: number): boolean {
  for (let at = processId; at > 1; at = all.get(at)?.parent ?? 0) {
    if (at === root) return true;
  }
  return false;
}

function namesOfProcesses(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function readStat(processId: number): Stat | null {
  const text = readOrNull(`/proc/${processId}/stat`);
  if (text === null) return null;
  // The second field is a name in brackets that may hold blanks; the third follows its end.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // utime, stime, and the same of children that were waited for, are fields 14 to 17.
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { parent: Number(fields[1]), ticks };
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process ended meanwhile.
    return null;
  }
}
