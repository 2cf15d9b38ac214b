import { openSqliteStorage } from '#storage/sqlite/index.ts';
import type { PartSearch } from '../parts/part.ts';
import type { Gateway } from './gateway.ts';
import { type NodeUnderTest, startNodeUnderTest } from './node-under-test.ts';
import type { Fault, FaultKind } from './schedule.ts';
import { findWriteLimit, mountSmallDisk, type SmallDisk, type WriteLimit } from './small-disk.ts';
import {
  beginAtNode,
  nodeOf,
  type OpenSystem,
  readEverything,
  type SystemUnderTest,
} from './system-under-test.ts';

/** One server on the embedded database. */
export async function createSqliteSystem(): Promise<SystemUnderTest> {
  const disk = mountSmallDisk();
  if (disk.ok) await disk.part.remove();
  return {
    name: 'sqlite',
    nodes: 1,
    kinds: [
      ...['node killed' as const, 'provider misbehaves' as const, 'clock stepped' as const],
      ...(disk.ok ? ['disk full' as const] : []),
      ...(findWriteLimit().ok ? ['writes fail' as const] : []),
    ],
    open,
  };
}

async function open(gateway: Gateway, kinds: ReadonlySet<FaultKind>): Promise<OpenSystem> {
  const disk = kinds.has('disk full') ? found(mountSmallDisk()) : null;
  const limit = kinds.has('writes fail') ? found(findWriteLimit()) : null;
  let node: NodeUnderTest;
  try {
    const folder = disk === null ? {} : { folder: disk.folder };
    node = await startNodeUnderTest({ gateway, ...folder });
  } catch (error) {
    await disk?.remove();
    throw error;
  }
  return {
    nodes: [node],
    isRefusalExact: true,
    isTimeOfNodes: true,
    begin: (fault) => begin(fault, { node, disk, limit }),
    async readRecords(applicationId) {
      const storage = await openSqliteStorage({ folder: node.folder, role: 'tool' });
      try {
        return await readEverything(storage, applicationId);
      } finally {
        await storage.close();
      }
    },
    async remove() {
      await node.remove();
      await disk?.remove();
    },
  };
}

async function begin(
  fault: Fault,
  parts: { node: NodeUnderTest; disk: SmallDisk | null; limit: WriteLimit | null },
): Promise<() => Promise<void>> {
  const { node, disk, limit } = parts;
  switch (fault.kind) {
    case 'node killed':
    case 'clock stepped':
      return beginAtNode([node], fault);
    case 'disk full':
      disk?.fill();
      return async () => disk?.clear();
    case 'writes fail': {
      const processId = nodeOf([node], fault.node).processId();
      limit?.set(processId, 'fail');
      return async () => limit?.set(processId, 'succeed');
    }
    default:
      throw new Error(`the embedded database knows no fault "${fault.kind}"`);
  }
}

function found<Part>(search: PartSearch<Part>): Part {
  if (!search.ok) throw new Error(search.reason);
  return search.part;
}
