/** How calls become sequences, of one client or of several at once. */
import fc from 'fast-check';
import { type ClientCommands, type Command, runCommand } from './commands.ts';
import { doorPalette } from './door-palette.ts';
import type { Settings } from './model.ts';
import { type Palette, plainPalette } from './palette.ts';
import type { Session } from './session.ts';
import type { TargetKind } from './targets.ts';
import { topicPalette } from './topic-palette.ts';

export type SessionCommand = fc.AsyncCommand<Session, Session>;

export interface Drawn {
  readonly settings: fc.Arbitrary<Partial<Settings>>;
  /** Sequences begin with a start: without a verification there is little to do. */
  readonly first: fc.Arbitrary<Command>;
  readonly commands: fc.Arbitrary<Iterable<SessionCommand>>;
}

/** Sequences with crashes are for targets of which few are made. */
export function drawSequence(of: {
  readonly withCrashes: boolean;
  readonly withDoors: boolean;
  readonly kind: Pick<TargetKind, 'overTopics'>;
}): Drawn {
  const withoutTopics = of.withDoors ? doorPalette : plainPalette;
  const palette = of.kind.overTopics ? topicPalette : withoutTopics;
  const { settings, start: first } = palette;
  return { settings, first, commands: drawCommands(palette, of.withCrashes) };
}

/** What several clients do at once. */
function drawClients(palette: Palette, max: number): fc.Arbitrary<ClientCommands[]> {
  const atOnce = fc.oneof(
    { arbitrary: palette.check, weight: 6 },
    { arbitrary: palette.resend, weight: 2 },
    { arbitrary: palette.cancel, weight: 2 },
    { arbitrary: palette.start, weight: 2 },
    { arbitrary: palette.repeat, weight: 2 },
    { arbitrary: palette.advance, weight: 1 },
  );
  return fc.array(
    fc.record({
      node: fc.nat({ max: 2 }),
      commands: fc.array(atOnce, { minLength: 1, maxLength: 3 }),
    }),
    { minLength: 2, maxLength: max },
  );
}

function drawCommands(
  palette: Palette,
  withCrashes: boolean,
): fc.Arbitrary<Iterable<SessionCommand>> {
  const { start, check, resend, cancel, repeat, advance, guessDoors, settings } = palette;
  const target = check.map((one) => one.target);
  const change = fc.record<Command & { do: 'change' }>({ do: fc.constant('change'), settings });
  const count = fc.constantFrom(2, 5, 6, 10);
  const guess = fc
    .tuple(target, count, guessDoors)
    .map(([at, times, doors]): Command => ({ do: 'guess', target: at, count: times, ...doors }));
  const burn = fc
    .tuple(start, fc.constantFrom(null, 10, 10), fc.constantFrom(4, 5, 10), guessDoors)
    .map(([one, checksMax, times, doors]): Command => {
      const begun = { ...one, checksMax, isOther: false, afterSeconds: 31 };
      return { do: 'burn', start: begun, count: times, ...doors };
    });
  const together = fc.record<Command & { do: 'together' }>({
    do: fc.constant('together'),
    clients: drawClients(palette, palette.clientsMax),
    isSame: fc.oneof({ arbitrary: fc.constant(false), weight: 3 }, fc.constant(true)),
  });
  const crowd = palette.crowd?.map(
    (clients): Command => ({ do: 'together', clients, isSame: false }),
  );
  const crash = fc.record<Command & { do: 'crash' }>({
    do: fc.constant('crash'),
    node: fc.nat({ max: 2 }),
    // A call takes a millisecond or two where nothing else runs, and several on a busy machine.
    afterMs: fc.nat({ max: 6 }),
    clients: drawClients(palette, 3),
  });
  const kinds: readonly [fc.Arbitrary<Command>, number][] = [
    [start, 5],
    [check, 6],
    [resend, 4],
    [cancel, 2],
    [repeat, 2],
    [advance, 3],
    [change, 1],
    [guess, 2],
    [burn, 2],
    [together, 3],
    ...(crowd ? [[crowd, 2] as [fc.Arbitrary<Command>, number]] : []),
    ...(withCrashes ? [[crash, 4] as [fc.Arbitrary<Command>, number]] : []),
  ];
  const arbitraries = kinds.flatMap(([arbitrary, weight]) =>
    Array.from({ length: weight }, () => arbitrary.map(toSessionCommand)),
  );
  return fc.commands(arbitraries, { size: 'max', maxCommands: 12, disableReplayLog: true });
}

/** Printed as JSON, so that a failed sequence can be kept as it is printed. */
export function toSessionCommand(command: Command): SessionCommand {
  return {
    check: (session) =>
      command.do === 'start' ||
      command.do === 'change' ||
      command.do === 'burn' ||
      command.do === 'advance' ||
      session.known().length > 0,
    run: (session) => runCommand(session, command),
    toString: () => JSON.stringify(command),
  };
}
