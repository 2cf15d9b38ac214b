/** What commands over Kafka take, and how many there are beside an echo on the same broker. */
import { type Measurement, medianFigures, type Results } from '../measure/measurement.ts';
import { decimals } from './counted.ts';
import { withHalf } from './facades.ts';
import { renderTable } from './table.ts';

type Row = (part: string, measured: readonly Measurement[]) => string[];

export function renderKafka({ measurements }: Results): string[] {
  const measured = measurements.filter(({ workload }) => workload === 'kafka');
  if (measured.length === 0) return [];
  const one = measured.filter(({ callers }) => callers === 1);
  const many = measured.filter(({ callers }) => callers > 1);
  return [
    `### Kafka\n\n${tableOf(one, latencyHeads, latencyRow)}\n\n` +
      tableOf(many, throughputHeads, throughputRow),
  ];
}

function tableOf(measured: readonly Measurement[], heads: readonly string[], row: Row): string {
  const parts = [...new Set(measured.map(({ part = '' }) => part))];
  const rows = parts.map((part) =>
    row(
      part,
      measured.filter((one) => one.part === part),
    ),
  );
  return renderTable(heads, rows);
}

const cpuHeads = ['server CPU, ms', 'broker CPU, ms', 'generator, cores'];

const latencyHeads = [
  'one outstanding',
  'generate p50 / p99, ms',
  'validate p50 / p99, ms',
  ...cpuHeads,
];

function latencyRow(part: string, measured: readonly Measurement[]): string[] {
  const { startP50Ms, startP99Ms, checkP50Ms, checkP99Ms, ...figures } = mediansOf(measured);
  return [
    part,
    `${decimals(startP50Ms, 1)} / ${decimals(startP99Ms, 1)}`,
    // An echo has nothing to check.
    checkP50Ms ? `${decimals(checkP50Ms, 1)} / ${decimals(checkP99Ms, 1)}` : '',
    ...cpuCells(figures),
  ];
}

const throughputHeads = [
  '64 outstanding',
  'replies/s',
  '÷ echo (half of the rounds)',
  '÷ echo, replies together',
  ...cpuHeads,
];

function throughputRow(part: string, measured: readonly Measurement[]): string[] {
  const { perSecond, shareOfTogether, ...figures } = mediansOf(measured);
  const rounds = measured.map((one) => one.figures);
  return [
    part,
    decimals(perSecond, 0),
    withHalf(rounds, 'share'),
    decimals(shareOfTogether, 2),
    ...cpuCells(figures),
  ];
}

function cpuCells({
  serverCpuMs,
  databaseCpuMs,
  generatorCores,
}: Readonly<Record<string, number | null>>): string[] {
  return [decimals(serverCpuMs, 3), decimals(databaseCpuMs, 3), decimals(generatorCores, 2)];
}

function mediansOf(measured: readonly Measurement[]) {
  const [first] = measured;
  return (first === undefined ? null : medianFigures(measured, first)) ?? {};
}
