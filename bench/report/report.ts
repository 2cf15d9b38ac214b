/** The results as tables that read well both in a terminal and as Markdown. */
import { type Figures, medianFigures, type Results } from '../measure/measurement.ts';
import type { WorkloadName } from '../options.ts';
import { counted, decimals } from './counted.ts';
import { renderFacades } from './facades.ts';
import { renderGoals } from './goals.ts';
import { renderKafka } from './kafka.ts';
import { renderTable } from './table.ts';

export function renderReport(results: Results): string {
  return [
    ...renderWorkloads(results),
    ...renderGoals(results),
    ...renderAbsent(results),
    ...renderStray(results),
    renderMethod(results),
  ].join('\n\n');
}

/** The tables of what was measured, each below its own heading. */
export function renderWorkloads(results: Results): readonly string[] {
  return [
    ...renderWorkload(results, 'pairs', 'Pairs', pairColumns),
    ...renderWorkload(results, 'wrong-checks', 'Wrong checks', checkColumns),
    ...renderWorkload(results, 'providers', 'Beside a slow and a dead gateway', besideColumns),
    ...renderWorkload(results, 'start-up', 'Start-up', startUpColumns),
    ...renderWorkload(results, 'growth', 'Growth, at 64 callers', growthColumns),
    ...renderWorkload(results, 'memory', 'Memory', memoryColumns),
    ...renderFacades(results),
    ...renderKafka(results),
  ];
}

type Column = readonly [string, (figures: Figures, callers: number) => string];

const cpuColumns: readonly Column[] = [
  ['server CPU, ms', ({ serverCpuMs }) => decimals(serverCpuMs, 3)],
  ['database CPU, ms', ({ databaseCpuMs }) => (databaseCpuMs ? decimals(databaseCpuMs, 3) : '')],
];

const generatorColumn: Column = [
  'generator, cores',
  ({ generatorCores }) => decimals(generatorCores, 2),
];

const pairColumns: readonly Column[] = [
  ['callers', (_, callers) => String(callers)],
  ['pairs/s', ({ perSecond }) => decimals(perSecond, 0)],
  ...cpuColumns,
  ['start p50 / p99, ms', ({ startP50Ms, startP99Ms }) => two(startP50Ms, startP99Ms)],
  ['check p50 / p99, ms', ({ checkP50Ms, checkP99Ms }) => two(checkP50Ms, checkP99Ms)],
  ['hand-over p50 / p99, ms', (one) => two(one['handOverP50Ms'], one['handOverP99Ms'])],
  ['memory, MiB', ({ memoryMiB }) => decimals(memoryMiB, 0)],
  generatorColumn,
];

const checkColumns: readonly Column[] = [
  ['callers', (_, callers) => String(callers)],
  ['checks/s', ({ perSecond }) => decimals(perSecond, 0)],
  ...cpuColumns,
  ['check p50 / p99, ms', ({ checkP50Ms, checkP99Ms }) => two(checkP50Ms, checkP99Ms)],
  generatorColumn,
];

const besideColumns: readonly Column[] = [
  ['pairs/s alone', ({ perSecondAlone }) => decimals(perSecondAlone, 0)],
  ['pairs/s beside', ({ perSecond }) => decimals(perSecond, 0)],
  ['share', ({ share }) => decimals(share, 2)],
  ['start p99 alone / beside, ms', (one) => two(one['startP99AloneMs'], one['startP99Ms'])],
];

const startUpColumns: readonly Column[] = [
  ['median, ms', ({ startUpMs }) => decimals(startUpMs, 0)],
  ['slowest, ms', ({ startUpMostMs }) => decimals(startUpMostMs, 0)],
];

const growthColumns: readonly Column[] = [
  ['verifications stored', ({ rows }) => counted(rows)],
  ['size, GB', ({ gigabytes }) => decimals(gigabytes, 1)],
  ['pairs/s empty', ({ perSecondEmpty }) => decimals(perSecondEmpty, 0)],
  ['filled', ({ perSecond }) => decimals(perSecond, 0)],
  ['share', ({ share }) => decimals(share, 2)],
  ['CPU empty / filled, ms', ({ cpuEmptyMs, cpuMs }) => two(cpuEmptyMs, cpuMs, 3)],
  ['start p99 empty / filled, ms', (one) => two(one['startP99EmptyMs'], one['startP99Ms'])],
  ['check p99 empty / filled, ms', (one) => two(one['checkP99EmptyMs'], one['checkP99Ms'])],
];

const memoryColumns: readonly Column[] = [
  ['pairs', ({ done }) => decimals(done, 0)],
  ['pairs/s', ({ perSecond }) => decimals(perSecond, 0)],
  [
    'memory after each tenth, MiB',
    (figures) =>
      Object.entries(figures)
        .filter(([name]) => name.startsWith('memoryAt'))
        .map(([, value]) => decimals(value, 0))
        .join(' '),
  ],
  ['most, MiB', ({ memoryMostMiB }) => decimals(memoryMostMiB, 0)],
];

function renderWorkload(
  { measurements, systems }: Results,
  workload: WorkloadName,
  title: string,
  columns: readonly Column[],
): string[] {
  const ofWorkload = measurements.filter((one) => one.workload === workload);
  if (ofWorkload.length === 0) return [];
  const counts = [...new Set(ofWorkload.map(({ callers }) => callers))];
  const rows = counts.flatMap((callers) =>
    systems.flatMap(({ name, title: system }) => {
      const figures = medianFigures(ofWorkload, { system: name, workload, callers });
      if (figures === null) return [];
      return [[system, ...columns.map(([, show]) => show(figures, callers))]];
    }),
  );
  const heads = ['system', ...columns.map(([head]) => head)];
  return [`### ${title}\n\n${renderTable(heads, rows)}`];
}

function renderAbsent({ systems, failures }: Results): string[] {
  const lines = [
    ...systems
      .filter(({ reason }) => reason !== null)
      .map(({ title, reason }) => `- ${title} was left out. ${reason}`),
    ...failures.map(({ system, workload, reason }) => `- ${system}, ${workload}: ${reason}`),
  ];
  return lines.length === 0 ? [] : ['### Not measured', lines.join('\n')];
}

function renderStray({ measurements }: Results): string[] {
  const lines = measurements.flatMap(({ system, workload, round, figures: { strayMessages } }) =>
    strayMessages ? [`- ${system}, ${workload}, round ${round}: ${strayMessages}`] : [],
  );
  return lines.length === 0 ? [] : ['### Messages that nobody waited for', lines.join('\n')];
}

export function renderMethod({ at, machine, method, systems }: Results): string {
  const { seconds, warmUpSeconds, rounds, minutes } = method;
  const versions = systems
    .filter(({ version }) => version !== null)
    .map(({ title, version }) => `${title} (${version})`);
  return [
    `Measured ${at.slice(0, 16).replace('T', ' ')} UTC at commit ${machine['commit']}:`,
    `${seconds} s after ${warmUpSeconds} s of warm-up, medians of ${rounds};`,
    `the whole run took ${minutes} min.`,
    `Machine: ${machine['processor']}, ${machine['cores']} cores, ${machine['memoryGiB']} GiB,`,
    `${machine['storage']}, ${machine['system']}, Node ${machine['node']},`,
    `load before ${machine['loadBefore']}.`,
    `Systems: ${versions.join('; ')}.`,
  ].join('\n');
}

function two(first: number | null | undefined, second: number | null | undefined, digits = 1) {
  return `${decimals(first, digits)} / ${decimals(second, digits)}`;
}
