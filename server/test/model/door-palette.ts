/**
 * Calls through vendors' doors and our own at once, on the same few people. Most checks go through
 * the door that the code came by; the others try to carry a code from one door to another.
 */
import fc from 'fast-check';
import type { CallCommand, ClientCommands, GuessDoor, StartCommand } from './commands.ts';
import { vendors } from './operations.ts';
import { type CheckCommand, isRarely, type Palette, plainPalette, target } from './palette.ts';

/** These two have the most to answer: Fast2SMS in two ways, SMS.CX with a code for each end. */
const richest = ['smscx', 'fast2sms'] as const;
const vendor = fc.constantFrom(...vendors, ...richest);
const isByRecipient = fc.boolean();
/** Four digits are usual at VerifyNow. */
const codeLength = fc.constantFrom(null, null, 4, 6, 8, 10);
/** One person is met at several doors more often than several people at one. */
const person = fc.constantFrom(0, 0, 0, 0, 1, 2);

const startAtVendor = fc
  .tuple(plainPalette.start, vendor, codeLength, person)
  .map(([start, door, length, who]): StartCommand => {
    const own = { isOther: false, hasKey: false };
    return { ...start, ...own, door, codeLength: length, person: who };
  });
/** For what is live at a door, too. */
const startAtOurs = fc
  .tuple(plainPalette.start, fc.nat({ max: 6 }), person)
  .map(([start, purpose, who]): StartCommand => ({ ...start, purpose, person: who }));
const start = fc.oneof(
  { arbitrary: startAtVendor, weight: 5 },
  { arbitrary: startAtOurs, weight: 2 },
);

/** What a second start comes to is each door's own. */
const again = fc.record<CallCommand & { do: 'again' }>({
  do: fc.constant('again'),
  start: fc.constantFrom(0, 0, 0, 1, 2),
  afterSeconds: fc.constantFrom(0, 0, 0, 30, 60),
});

/** Starts for one person through several doors: together they reach the limits of all. */
const crowd = fc
  .tuple(
    fc.constantFrom(0, 0, 1, 2),
    fc.array(fc.array(startAtVendor, { minLength: 2, maxLength: 3 }), {
      minLength: 1,
      maxLength: 3,
    }),
  )
  .map(([who, starts]): ClientCommands[] =>
    starts.map((commands, node) => ({
      node,
      commands: commands.map((one) => ({ ...one, person: who, afterSeconds: 0 })),
    })),
  );

const guessDoor: fc.Arbitrary<GuessDoor> = fc.oneof(
  { arbitrary: fc.constant('own'), weight: 10 },
  { arbitrary: vendor, weight: 2 },
  { arbitrary: fc.constantFrom('api', 'recipient', 'phone'), weight: 2 },
);
const code = fc.oneof(
  { arbitrary: fc.constant('right'), weight: 6 },
  { arbitrary: fc.constant('wrong'), weight: 2 },
  { arbitrary: fc.constantFrom('old', 'foreign'), weight: 2 },
);
const check = fc
  .tuple(plainPalette.check, code, guessDoor, isByRecipient)
  .map(([one, typed, door, isAsked]): CheckCommand => {
    return { ...one, code: typed, door, isByRecipient: isAsked };
  });

const resendAtVendor = fc.record<CallCommand & { do: 'resend' }>({
  do: fc.constant('resend'),
  target,
  way: fc.constant(null),
  isStranger: isRarely,
  hasKey: fc.constant(false),
  door: fc.constant('fast2sms'),
  isByRecipient,
  afterSeconds: fc.constantFrom(0, 30, 30, 60, 120),
});
const cancelAtVendor = fc.record<CallCommand & { do: 'cancel' }>({
  do: fc.constant('cancel'),
  target,
  isStranger: isRarely,
  hasKey: fc.constant(false),
  door: fc.constant('smscx'),
});

export const doorPalette: Palette = {
  ...plainPalette,
  start,
  check,
  resend: fc.oneof(plainPalette.resend, { arbitrary: resendAtVendor, weight: 2 }),
  cancel: fc.oneof(plainPalette.cancel, { arbitrary: cancelAtVendor, weight: 2 }),
  repeat: fc.oneof(plainPalette.repeat, { arbitrary: again, weight: 2 }),
  // Vendors tell less, so more orders explain the same answers.
  clientsMax: 3,
  crowd,
  guessDoors: fc.array(guessDoor, { minLength: 1, maxLength: 3 }).map((doors) => ({ doors })),
  settings: fc
    .tuple(
      plainPalette.settings,
      fc.record(
        {
          secondStart: fc.constantFrom('supersede', 'reuse', 'reject', 'reject'),
          capillaryStartsHourMax: fc.constantFrom(1, 2, 3, 1_000),
          capillaryChecksMax: fc.constantFrom(0, 0, 2, 5),
          pegaChecksMax: fc.constantFrom(1, 2, 3),
          pegaLifetimeSeconds: fc.constantFrom(null, 60, 600),
        },
        { requiredKeys: [] },
      ),
    )
    .map(([usual, ofDoors]) => ({ ...usual, ...ofDoors })),
};
