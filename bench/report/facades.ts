/** What façades cost over native calls of the same kind, and whether that is within the goal. */
import { type Figures, median, medianFigures, type Results } from '../measure/measurement.ts';
import { decimals } from './counted.ts';
import { renderTable } from './table.ts';

/** A façade may cost 15 % more processor time. */
const cpuTimesMax = 1.15;

const heads = [
  'façade',
  'pairs/s native',
  'façade',
  'façade ÷ native (half of the rounds)',
  'CPU native, ms',
  'façade',
  'façade ÷ native (half of the rounds)',
  `at most ${cpuTimesMax}`,
];

export function renderFacades({ measurements }: Results): string[] {
  const measured = measurements.filter(({ workload }) => workload === 'facades');
  const [first] = measured;
  if (first === undefined) return [];
  const rows = [...new Set(measured.map(({ part = '' }) => part))].map((part) => {
    const all = measured.filter((one) => one.part === part).map(({ figures }) => figures);
    const figures = medianFigures(measured, { ...first, part }) ?? {};
    const { perSecondNative, perSecond, serverCpuNativeMs, serverCpuMs, cpuTimes } = figures;
    const isMet = cpuTimes != null && cpuTimes <= cpuTimesMax;
    return [
      part,
      decimals(perSecondNative, 0),
      decimals(perSecond, 0),
      withHalf(all, 'share'),
      decimals(serverCpuNativeMs, 3),
      decimals(serverCpuMs, 3),
      withHalf(all, 'cpuTimes'),
      cpuTimes == null ? '' : isMet ? 'yes' : 'no',
    ];
  });
  return [`### Façades, at ${first.callers} callers\n\n${renderTable(heads, rows)}`];
}

/** The median, and the two values that half of the rounds lie between. */
export function withHalf(rounds: readonly Figures[], name: string): string {
  const sorted = rounds.flatMap((figures) => figures[name] ?? []).toSorted((one, two) => one - two);
  if (sorted.length === 0) return '';
  const half = sorted.length >> 1;
  const [low, high] = [median(sorted.slice(0, half)), median(sorted.slice(-half))];
  return `${decimals(median(sorted), 2)} (${decimals(low, 2)} to ${decimals(high, 2)})`;
}
