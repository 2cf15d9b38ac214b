import type { Command } from '#cli/command.ts';
import { commands } from '#cli/commands.ts';

/** The help for everything: each command with its words and one sentence. */
export function overview(version: string): string {
  const entries = commands.map((command) => `  ${synopsisOf(command)}\n      ${command.summary}`);
  return [
    `Watchword ${version}: the verification service you run yourself.`,
    '',
    'Usage: watchword <command> [options]',
    '',
    ...entries,
    '',
    'Every command takes --json (machine-readable output) and --help.',
    'Settings are environment variables WATCHWORD_… or keys of the file that',
    'WATCHWORD_CONFIG names; see docs/reference/settings.md.',
  ].join('\n');
}

export function helpOf(command: Command): string {
  const options = { ...command.options, json: 'Prints JSON on standard output, nothing else.' };
  const width = Math.max(...Object.keys(options).map((name) => name.length));
  return [
    `Usage: watchword ${synopsisOf(command)} [options]`,
    '',
    command.summary,
    ...(command.details === undefined ? [] : ['', command.details]),
    '',
    ...Object.entries(options).map(([name, says]) => `  --${name.padEnd(width)}  ${says}`),
  ].join('\n');
}

function synopsisOf({ name, words }: Command): string {
  return [name, ...words.map((word) => `<${word}>`)].join(' ');
}
