import { readFileSync, writeFileSync } from 'node:fs';
import type { Results } from '../measure/measurement.ts';
import { renderReport } from './report.ts';

const begin = '<!-- Written by `npm run bench -- --write`. -->';
const end = '<!-- The end of what is written. -->';

/** Puts the tables between the two marks of the page, and leaves the rest as it is. */
export function writePage(file: string, results: Results): void {
  const page = readFileSync(file, 'utf8');
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) {
    throw new Error(`${file} lacks one of the marks that the results stand between.`);
  }
  writeFileSync(file, `${before}${begin}\n\n${renderReport(results)}\n\n${end}${after}`);
}
