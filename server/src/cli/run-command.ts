/**
 * The command line: `watchword <command> [words] [options]`. Standard output carries the answer
 * and nothing else, standard error one sentence for what went wrong. Exit 2 is a wrong call, 1 any
 * other failure.
 */
import { parseArgs } from 'node:util';
import type { Command, CommandContext, CommandInput, Outcome } from '#cli/command.ts';
import { commands } from '#cli/commands.ts';
import { helpOf, overview } from '#cli/help.ts';
import { ok, type Result } from '#domain/refusal.ts';
import { readConfig } from '#src/config.ts';

const wrongUse = 2;
const failure = 1;

/** Answers the exit code when everything is done and closed. Never throws. */
export async function runCommand(
  argv: readonly string[],
  context: CommandContext,
): Promise<number> {
  const [first] = argv;
  if (first === undefined) {
    context.complain(overview(context.version));
    return wrongUse;
  }
  if (['--version', '-v', 'version'].includes(first)) {
    context.print(context.version);
    return 0;
  }
  if (['--help', '-h', 'help'].includes(first)) return showHelp(argv.slice(1), context);
  const command = findCommand(argv);
  if (command === null) {
    context.complain(unknownCommand(argv));
    return wrongUse;
  }
  const reading = readArguments(command, argv.slice(command.name.split(' ').length));
  if (!reading.ok) {
    context.complain(`${reading.error} See: watchword ${command.name} --help`);
    return wrongUse;
  }
  if (reading.value.isHelp) {
    context.print(helpOf(command));
    return 0;
  }
  return run(command, reading.value, context);
}

interface Arguments {
  readonly words: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
  readonly isJson: boolean;
  readonly isHelp: boolean;
}

async function run(command: Command, call: Arguments, context: CommandContext): Promise<number> {
  try {
    const config = readConfig(
      command.mode === null ? {} : context.environment,
      command.mode ?? 'tool',
    );
    if (!config.ok) {
      for (const mistake of config.error) context.complain(mistake);
      return failure;
    }
    const input: CommandInput = { config: config.value, words: call.words, options: call.options };
    return show(command, await command.run(input, context), call.isJson, context);
  } catch (error) {
    context.complain(describe(error));
    return failure;
  }
}

function show(
  command: Command,
  outcome: Outcome,
  isJson: boolean,
  context: CommandContext,
): number {
  switch (outcome.kind) {
    case 'done':
      if (isJson) context.print(JSON.stringify(outcome.json, null, 2));
      else for (const line of outcome.lines) context.print(line);
      return outcome.exitCode ?? 0;
    case 'failed':
      context.complain(outcome.sentence);
      return failure;
    case 'misused':
      context.complain(`${outcome.sentence} See: watchword ${command.name} --help`);
      return wrongUse;
    case 'ended':
      return outcome.exitCode;
    default:
      return outcome satisfies never;
  }
}

function findCommand(argv: readonly string[]): Command | null {
  const two = argv.slice(0, 2).join(' ');
  return commands.find(({ name }) => name === two || name === argv[0]) ?? null;
}

function readArguments(command: Command, argv: readonly string[]): Result<Arguments, string> {
  const named = Object.keys(command.options).map((name) => [name, { type: 'string' }] as const);
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        ...Object.fromEntries(named),
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, error: `${message.split('. ')[0]?.replace(/\.$/, '')}.` };
  }
  const { json, help, ...rest } = parsed.values;
  const { positionals } = parsed;
  if (help !== true && positionals.length !== command.words.length) {
    const wanted = command.words.map((word) => `<${word}>`).join(' ') || 'no further words';
    return { ok: false, error: `\`watchword ${command.name}\` takes ${wanted}.` };
  }
  const options = Object.entries(rest).filter(
    (option): option is [string, string] => typeof option[1] === 'string',
  );
  return ok({
    words: Object.fromEntries(command.words.map((word, index) => [word, positionals[index] ?? ''])),
    options: Object.fromEntries(options),
    isJson: json === true,
    isHelp: help === true,
  });
}

function showHelp(argv: readonly string[], context: CommandContext): number {
  const command = findCommand(argv);
  if (command === null && argv.length > 0) {
    context.complain(unknownCommand(argv));
    return wrongUse;
  }
  context.print(command === null ? overview(context.version) : helpOf(command));
  return 0;
}

function unknownCommand(argv: readonly string[]): string {
  const [group = ''] = argv;
  const verbs = commands.filter(({ name }) => name.startsWith(`${group} `));
  if (verbs.length > 0) {
    return `Say what to do: ${verbs.map(({ name }) => `watchword ${name}`).join(', ')}.`;
  }
  return `"${group.slice(0, 80)}" is not a command. See them with: watchword --help`;
}

/** Opening a database or a port fails with a sentence; a cause often names the file or the port. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return `Something that is no error was thrown: ${String(error)}`;
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${error.message}${cause}`;
}
