/**
 * Runs the tests: `node server/test/run.ts [--rules] [part of a path …]`. `--rules` keeps to the
 * tests of the house rules, which need no server. What this machine cannot run is named with its
 * reason at the end; with CI=true it counts as a failure, so that nothing is left out unnoticed.
 */
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

/** Longer than the slowest test takes on two busy cores; a test that hangs ends here. */
const testTimeoutMs = 300_000;
const server = dirname(dirname(fileURLToPath(import.meta.url)));
const rules = ['tidy', 'layers', 'docs'].map((rule) => join('test', `${rule}.test.ts`));

interface Counts {
  readonly summary: string[];
  readonly missing: Map<string, number>;
  failed: number;
  tests: number;
}

function chooseFiles(wanted: readonly string[]): string[] {
  const parts = wanted.filter((argument) => argument !== '--rules');
  const files = wanted.includes('--rules')
    ? rules
    : globSync('{src,test}/**/*.test.ts', { cwd: server });
  return files
    .map((file) => join(server, file))
    .filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)))
    .sort();
}

/** Lets everything through to the reporter but the closing counts, which come last of all. */
function countEvents(counts: Counts): Transform {
  return new Transform({
    objectMode: true,
    transform(event, _encoding, done) {
      const { type, data } = event;
      if (type === 'test:pass' || type === 'test:fail') {
        if (type === 'test:fail') counts.failed++;
        if (data.details.type !== 'suite') counts.tests++;
        if (data.skip !== undefined) {
          const reason = String(data.skip);
          counts.missing.set(reason, (counts.missing.get(reason) ?? 0) + 1);
        }
      }
      const isClosing = type === 'test:diagnostic' && data.nesting === 0 && data.file === undefined;
      if (isClosing) counts.summary.push(data.message);
      done(null, isClosing ? undefined : event);
    },
  });
}

function report(counts: Counts): boolean {
  const isCi = process.env['CI'] === 'true';
  const lines = [...counts.missing].map(
    ([reason, count]) => `Not run here: ${count} ${count === 1 ? 'test' : 'tests'}. ${reason}`,
  );
  if (isCi && lines.length > 0)
    lines.push('With CI=true every test has to run: this is a failure.');
  if (counts.tests === 0) lines.push('No test was found.');
  lines.push(...counts.summary.map((line) => `# ${line}`));
  process.stdout.write(`\n${lines.join('\n')}\n`);
  return counts.failed === 0 && counts.tests > 0 && !(isCi && counts.missing.size > 0);
}

const counts: Counts = { summary: [], missing: new Map(), failed: 0, tests: 0 };
const files = chooseFiles(process.argv.slice(2));
const events = run({
  files,
  concurrency: Math.max(2, availableParallelism()),
  timeout: testTimeoutMs,
}).compose(countEvents(counts));
const output = events.compose(new spec());
output.pipe(process.stdout, { end: false });
output.on('end', () => {
  process.exitCode = report(counts) ? 0 : 1;
});
