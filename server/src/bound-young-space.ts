import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * Measured with 64 callers, for each pair of start and check: collecting young objects takes 24 µs
 * with this, 45 with half of it, 14 with V8's own 128 MiB, which is 150 MiB more memory.
 */
const youngBytesMax = 32 * 1024 * 1024;

/**
 * Keeps the space for young objects from growing beyond `bytesMax` (both of its halves together).
 *
 * By itself V8 lets it grow to 128 MiB for each thread, which a server under load fills with what
 * is garbage already. Its size can be bounded by an option of the command line only, and this
 * program is not always started by one; but the factor of growing is read each time. It counts for
 * the storage's thread too, whose young space is then no larger than it was.
 */
export function boundYoungSpace(bytesMax = youngBytesMax): void {
  const observer = new PerformanceObserver(() => {
    const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    if ((space?.space_size ?? 0) < bytesMax) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    observer.disconnect();
  });
  // It grows by doubling, once in a collection at most: looking after each is soon enough.
  observer.observe({ entryTypes: ['gc'] });
}
