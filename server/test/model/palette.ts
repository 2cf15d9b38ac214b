/** The calls of sequences, and the settings that they begin with: weights and bounds. */
import fc from 'fast-check';
import type { CallCommand, ClientCommands, GuessDoor, StartCommand } from './commands.ts';
import type { Settings } from './model.ts';

export type CheckCommand = CallCommand & { do: 'check' };

/** What sequences of one kind are put together from. */
export interface Palette {
  readonly start: fc.Arbitrary<StartCommand>;
  readonly check: fc.Arbitrary<CheckCommand>;
  readonly resend: fc.Arbitrary<CallCommand>;
  readonly cancel: fc.Arbitrary<CallCommand>;
  readonly repeat: fc.Arbitrary<CallCommand>;
  readonly advance: fc.Arbitrary<CallCommand>;
  /** Where several wrong guesses at once come in; our own API where it says nothing. */
  readonly guessDoors: fc.Arbitrary<{ readonly doors?: readonly GuessDoor[] }>;
  readonly clientsMax: number;
  /** What clients do together besides, where there is such a thing. */
  readonly crowd: fc.Arbitrary<ClientCommands[]> | null;
  readonly settings: fc.Arbitrary<Partial<Settings>>;
}

/** Near both sides of every lifetime, wait and window. */
const seconds = fc.oneof(
  { arbitrary: fc.constantFrom(0, 1, 29, 30, 31, 60, 61, 120, 121), weight: 6 },
  { arbitrary: fc.constantFrom(299, 300, 301, 599, 600, 601), weight: 3 },
  { arbitrary: fc.constantFrom(3_599, 3_600, 3_601, 7_200), weight: 2 },
  { arbitrary: fc.constantFrom(86_399, 86_400, 90_000), weight: 1 },
);

/** Mostly the newest ones. */
export const target = fc.oneof(
  { arbitrary: fc.constant(0), weight: 5 },
  { arbitrary: fc.nat({ max: 4 }), weight: 3 },
);
const hasKey = fc.oneof(
  { arbitrary: fc.constant(false), weight: 3 },
  { arbitrary: fc.constant(true), weight: 1 },
);
export const isRarely = fc.oneof(
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
const start = fc.record<StartCommand>({
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
const check = fc.record<CheckCommand>({
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

const settings: fc.Arbitrary<Partial<Settings>> = fc.record(
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

/** Our own API, and the virtual phone's page. */
export const plainPalette: Palette = {
  ...{ start, check, resend, cancel, repeat, advance, settings },
  guessDoors: fc.constant({}),
  clientsMax: 4,
  crowd: null,
};
