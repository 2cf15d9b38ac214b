import { createDoor } from '#service/door.ts';

/** What the vendor's live service was measured to answer as `timeout`. */
export const lifetimeSeconds = 60;

/** What `otpLength` is when a client does not say it, and what it may be. */
export const codeLength = { usual: 4, min: 4, max: 8 };

/**
 * The vendor's rules: codes of four digits, a minute to type them, and no second start meanwhile.
 * That minute is its only cool-down, so the interval between two sends is none of ours. How many
 * guesses there are, it documents nowhere: those of the application. The answer to a right code
 * names the number.
 */
export const door = createDoor(
  'verifynow',
  () => ({
    secondStart: 'reject',
    allowShortCodes: true,
    code: { alphabet: 'digits', length: codeLength.usual },
    lifetimeSeconds,
    lifetimeSecondsMax: lifetimeSeconds,
    limits: { recipientSendIntervalSeconds: 0 },
  }),
  { approvalYields: 'recipient' },
);
