/** How sequences are drawn: weights and bounds. */
import fc from 'fast-check';
import { type CallCommand, type ClientCommands, type Command, runCommand } from './commands.ts';
import type { Settings } from './model.ts';
import type { Session } from './session.ts';

export type SessionCommand = fc.AsyncCommand<Session, Session>;

/** Near both sides of every lifetime, wait and window. */
const seconds = fc.oneof(
  { arbitrary: fc.constantFrom(0, 1, 29, 30, 31, 60, 61, 120, 121), weight: 6 },
  { arbitrary: fc.constantFrom(299, 300, 301, 599, 600, 601), weight: 3 },
  { arbitrary: fc.constantFrom(3_599, 3_600, 3_601, 7_200), weight: 2 },
  { arbitrary: fc.constantFrom(86_399, 86_400, 90_000), weight: 1 },
);

/** Mostly the newest ones. */
const target = fc.oneof(
  { arbitrary: fc.constant(0), weight: 5 },
  { arbitrary: fc.nat({ max: 4 }), weight: 3 },
);
const hasKey = fc.oneof(
  { arbitrary: fc.constant(false), weight: 3 },
  { arbitrary: fc.constant(true), weight: 1 },
);
const isRarely = fc.oneof(
  { arbitrary: fc.constant(false), weight: 9 },
  { arbitrary: fc.constant(true), weight: 1 },
);
const digits = (length: number): fc.Arbitrary<string> =>
  fc.integer({ min: 10 ** (length - 1), max: 10 ** length - 1 }).map(String);
const customCode = fc.oneof(
  { arbitrary: fc.constant(null), weight: 6 },
  { arbitrary: digits(6), weight: 2 },
  { arbitrary: digits(8), weight: 1 },
  { arbitrary: digits(10), weight: 2 },
  { arbitrary: fc.constantFrom('WKX7QM2PTA', 'HTR4ZZ9KQN'), weight: 1 },
);
const start = fc.record<CallCommand & { do: 'start' }>({
  do: fc.constant('start'),
  person: target,
  way: fc.oneof({ arbitrary: fc.constant(0), weight: 3 }, fc.nat({ max: 3 })),
  purpose: fc.nat({ max: 1 }),
  customCode,
  checksMax: fc.oneof({ arbitrary: fc.constant(null), weight: 3 }, fc.constantFrom(1, 2, 3, 10)),
  lifetimeSeconds: fc.oneof(
    { arbitrary: fc.constant(null), weight: 4 },
    fc.constantFrom(30, 60, 600),
  ),
  isOther: isRarely,
  hasKey,
  afterSeconds: fc.constantFrom(0, 0, 30),
});
/** Sequences begin with one: without a verification there is little to do. */
export const firstStart: fc.Arbitrary<Command> = start;
const check = fc.record<CallCommand & { do: 'check' }>({
  do: fc.constant('check'),
  target,
  code: fc.oneof(
    { arbitrary: fc.constantFrom('right', 'wrong'), weight: 6 },
    { arbitrary: fc.constantFrom('old', 'foreign'), weight: 3 },
  ),
  door: fc.oneof(
    { arbitrary: fc.constant('api'), weight: 4 },
    fc.constantFrom('recipient', 'phone'),
  ),
  isStranger: isRarely,
  hasKey,
});
const resend = fc.record<CallCommand & { do: 'resend' }>({
  do: fc.constant('resend'),
  target,
  way: fc.option(fc.nat({ max: 1 }), { freq: 3 }),
  isStranger: isRarely,
  hasKey,
  afterSeconds: fc.constantFrom(0, 0, 30, 60, 60, 120, 300),
});
const cancel = fc.record<CallCommand & { do: 'cancel' }>({
  do: fc.constant('cancel'),
  target,
  isStranger: isRarely,
  hasKey,
});
const repeat = fc.record<CallCommand & { do: 'repeat' }>({
  do: fc.constant('repeat'),
  call: fc.nat({ max: 3 }),
  isChanged: fc.boolean(),
});
const advance = fc.record<CallCommand & { do: 'advance' }>({
  do: fc.constant('advance'),
  seconds,
});

const atOnce = fc.oneof(
  { arbitrary: check, weight: 6 },
  { arbitrary: resend, weight: 2 },
  { arbitrary: cancel, weight: 2 },
  { arbitrary: start, weight: 2 },
  { arbitrary: repeat, weight: 2 },
  { arbitrary: advance, weight: 1 },
);
const clients = (max: number): fc.Arbitrary<ClientCommands[]> =>
  fc.array(
    fc.record({
      node: fc.nat({ max: 2 }),
      commands: fc.array(atOnce, { minLength: 1, maxLength: 3 }),
    }),
    { minLength: 2, maxLength: max },
  );

export const settings: fc.Arbitrary<Partial<Settings>> = fc.record(
  {
    checksMax: fc.constantFrom(1, 2, 3, 5, 10),
    secondStart: fc.constantFrom('supersede', 'reuse', 'reject'),
    resendCode: fc.constantFrom('new', 'same'),
    lifetimeSeconds: fc.constantFrom(null, 60, 600),
    codeLength: fc.constantFrom(6, 7, 8),
    recipientSendIntervalSeconds: fc.constantFrom(0, 0, 30),
    recipientSendsHourMax: fc.constantFrom(3, 5, 20),
    recipientSendsDayMax: fc.constantFrom(4, 10, 20),
    dailyBudgetCents: fc.constantFrom(null, null, null, 10, 30),
  },
  { requiredKeys: [] },
);

/** Commands for a sequence; those with crashes are for targets of which few are made. */
export function drawCommands(withCrashes: boolean): fc.Arbitrary<Iterable<SessionCommand>> {
  const change = fc.record<Command & { do: 'change' }>({ do: fc.constant('change'), settings });
  const guess = fc.record<Command & { do: 'guess' }>({
    do: fc.constant('guess'),
    target,
    count: fc.constantFrom(2, 5, 6, 10),
  });
  const burn = fc.record<Command & { do: 'burn' }>({
    do: fc.constant('burn'),
    start: fc
      .tuple(start, fc.constantFrom(null, 10, 10))
      .map(([one, checksMax]) => ({ ...one, checksMax, isOther: false, afterSeconds: 31 })),
    count: fc.constantFrom(4, 5, 10),
  });
  const together = fc.record<Command & { do: 'together' }>({
    do: fc.constant('together'),
    clients: clients(4),
    isSame: fc.oneof({ arbitrary: fc.constant(false), weight: 3 }, fc.constant(true)),
  });
  const crash = fc.record<Command & { do: 'crash' }>({
    do: fc.constant('crash'),
    node: fc.nat({ max: 2 }),
    // A call takes a millisecond or two where nothing else runs, and several on a busy machine.
    afterMs: fc.nat({ max: 6 }),
    clients: clients(3),
  });
  const kinds: readonly [fc.Arbitrary<Command>, number][] = [
    [start, 5],
    [check, 6],
    [resend, 4],
    [cancel, 1],
    [repeat, 2],
    [advance, 3],
    [change, 1],
    [guess, 2],
    [burn, 2],
    [together, 3],
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
