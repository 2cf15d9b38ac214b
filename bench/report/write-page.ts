import { readFileSync, writeFileSync } from 'node:fs';
import type { Results } from '../measure/measurement.ts';
import { renderMethod, renderReport, renderWorkloads } from './report.ts';

const begin = '<!-- Written by `npm run bench -- --write`. -->';
const end = '<!-- The end of what is written. -->';

/**
 * Puts the tables between the two marks of the page, and leaves the rest as it is. A run that
 * measured a part puts its own tables there, each with how it was measured, and leaves the others.
 */
export function writePage(file: string, results: Results): void {
  const page = readFileSync(file, 'utf8');
  const [before, rest] = page.split(begin);
  const [written, after] = rest?.split(end) ?? [];
  if (before === undefined || written === undefined || after === undefined) {
    throw new Error(`${file} lacks one of the marks that the results stand between.`);
  }
  const now = results.method.isFull ? renderReport(results) : replaced(written.trim(), results);
  writeFileSync(file, `${before}${begin}\n\n${now}\n\n${end}${after}`);
}

function replaced(written: string, results: Results): string {
  const sections = written.split(/\n\n(?=### )/);
  for (const section of renderWorkloads(results)) {
    const [title = ''] = section.split('\n', 1);
    const now = `${section}\n\n${renderMethod(results)}`;
    const at = sections.findIndex((one) => one.startsWith(`${title}\n`));
    // What is new stands before the goals, which come after all tables.
    const goalsAt = sections.findIndex((one) => one.startsWith('### Goals'));
    if (at >= 0) sections[at] = now;
    else sections.splice(goalsAt < 0 ? 0 : goalsAt, 0, now);
  }
  return sections.join('\n\n');
}
