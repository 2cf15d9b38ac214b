import type { Storage } from '#service/ports.ts';
import type { VerificationWithDeliveries } from '#service/records.ts';
import type { Gateway } from './gateway.ts';
import type { NodeUnderTest } from './node-under-test.ts';
import type { Fault, FaultKind } from './schedule.ts';

/** What runs are made against: the real server on one of its storages. */
export interface SystemUnderTest {
  readonly name: 'sqlite' | 'postgres';
  readonly nodes: number;
  /** What can go wrong with it, as far as this machine lets us do it. */
  readonly kinds: readonly FaultKind[];
  /** Fresh servers on a fresh database, for one run with faults of these kinds. */
  open(gateway: Gateway, kinds: ReadonlySet<FaultKind>): Promise<OpenSystem>;
}

export interface OpenSystem {
  readonly nodes: readonly NodeUnderTest[];
  /** Whether 503 says for certain that a start left nothing behind. */
  readonly isRefusalExact: boolean;
  /** Whether a node's own clock decides what has expired. */
  readonly isTimeOfNodes: boolean;
  /** Makes a fault begin; answers what ends it, which may take its time to be over. */
  begin(fault: Fault): Promise<() => Promise<void>>;
  /** Everything that storage has, read past the servers, which have ended by then. */
  readRecords(applicationId: string): Promise<readonly VerificationWithDeliveries[]>;
  remove(): Promise<void>;
}

export function nodeOf(nodes: readonly NodeUnderTest[], index: number): NodeUnderTest {
  const node = nodes[index];
  if (node === undefined) throw new Error(`there is no node ${index}`);
  return node;
}

/** The faults that every system has, whatever its storage. */
export async function beginAtNode(
  nodes: readonly NodeUnderTest[],
  fault: Extract<Fault, { kind: 'node killed' | 'clock stepped' }>,
): Promise<() => Promise<void>> {
  const node = nodeOf(nodes, fault.node);
  if (fault.kind === 'node killed') return node.kill();
  node.stepClock(fault.stepMs);
  return async () => undefined;
}

const pageLimit = 200;
const pagesMax = 1_000;

export async function readEverything(
  storage: Storage,
  applicationId: string,
): Promise<readonly VerificationWithDeliveries[]> {
  const records: VerificationWithDeliveries[] = [];
  const all = { applicationId, status: null, recipientHash: null, purpose: null, reference: null };
  let before: number | null = null;
  for (let page = 0; page < pagesMax; page++) {
    const { items, next } = await storage.listVerifications({ ...all, limit: pageLimit, before });
    records.push(...items);
    if (next === null) return records;
    before = next;
  }
  throw new Error(`there are more than ${pagesMax} pages`);
}
