/**
 * Calls over topics, FlowX.AI's and our own, and over HTTP at once, on the same few people. A code
 * is carried from one door to another, and a key from a record to a request.
 */
import fc from 'fast-check';
import type { CallCommand, GuessDoor, StartCommand } from './commands.ts';
import { kafkaDoors } from './operations.ts';
import { type CheckCommand, type Palette, plainPalette, target } from './palette.ts';

const door = fc.constantFrom(...kafkaDoors);
const person = fc.constantFrom(0, 0, 0, 1, 2);

const startOverTopic = fc
  .tuple(plainPalette.start, door, person)
  .map(([start, name, who]): StartCommand => {
    return { ...start, isOther: false, door: name, person: who };
  });
const startAtOurs = fc
  .tuple(plainPalette.start, person)
  .map(([start, who]): StartCommand => ({ ...start, person: who }));

const guessDoor: fc.Arbitrary<GuessDoor> = fc.oneof(
  { arbitrary: fc.constant('own'), weight: 8 },
  { arbitrary: door, weight: 3 },
  { arbitrary: fc.constantFrom('api', 'recipient', 'phone'), weight: 2 },
);
const check = fc
  .tuple(plainPalette.check, guessDoor, fc.boolean())
  .map(([one, through, isByRecipient]): CheckCommand => {
    return { ...one, door: through, isByRecipient };
  });

const isKafka = { door: 'kafka' } as const;
const again = fc.record<CallCommand & { do: 'again' }>({
  do: fc.constant('again'),
  start: target,
  afterSeconds: fc.constantFrom(0, 0, 30),
});
/** The same key and fields by another way. */
const repeatOtherwise = fc
  .tuple(plainPalette.repeat, fc.constantFrom('api', 'kafka'))
  .map(([one, through]): CallCommand => ({ ...(one as RepeatCommand), door: through }));
type RepeatCommand = CallCommand & { do: 'repeat' };

/** A node reads the settings anew a second after it last did, which is a second of waiting here. */
const settings = fc.constantFrom(
  ...Array.from({ length: 8 }, () => ({ recipientSendIntervalSeconds: 0 })),
  { recipientSendIntervalSeconds: 0, checksMax: 2, secondStart: 'reject' as const },
  { recipientSendIntervalSeconds: 0, resendCode: 'same' as const, secondStart: 'reuse' as const },
);

export const topicPalette: Palette = {
  ...plainPalette,
  start: fc.oneof({ arbitrary: startOverTopic, weight: 5 }, { arbitrary: startAtOurs, weight: 2 }),
  check,
  resend: fc.oneof(
    plainPalette.resend,
    plainPalette.resend.map((one) => ({ ...(one as object), ...isKafka }) as CallCommand),
  ),
  cancel: fc.oneof(
    plainPalette.cancel,
    plainPalette.cancel.map((one) => ({ ...(one as object), ...isKafka }) as CallCommand),
  ),
  repeat: fc.oneof(plainPalette.repeat, repeatOtherwise, again),
  clientsMax: 3,
  guessDoors: fc.array(guessDoor, { minLength: 1, maxLength: 3 }).map((doors) => ({ doors })),
  settings,
};
