import type { Vendor } from './operations.ts';

/** Answers that must have come up, or the sequences do not try what they are there for. */
export const mustHappen = [
  'start 201',
  'start repeated',
  'start idempotency_key_reused',
  'start recipient_sends_interval',
  'start recipient_sends_hour',
  'start recipient_sends_day',
  'start application_budget_day',
  'start verification_exists',
  'start code_invalid',
  'resend 200',
  'resend verification_resend_interval',
  'resend verification_finished',
  'check approved',
  'check wrong_code',
  'check too_many_checks',
  'check already_used',
  'check expired',
  'check canceled',
  'check repeated',
  'check verification_not_found',
  'recipient-check approved',
  'recipient-check wrong_code',
  'cancel 200',
  'cancel repeated',
];

/** What happens in a hundred sequences too: the rarest of them came 59 times in 300. */
export const mustHappenInFew = [
  'start 201',
  'start recipient_sends_interval',
  'resend 200',
  'resend verification_finished',
  'check approved',
  'check wrong_code',
  'check too_many_checks',
  'check already_used',
  'check expired',
  'check canceled',
  'cancel 200',
];

/**
 * What each vendor's own clients are answered, in the vendor's words: codes are those of its pages
 * in docs/reference/compat. Of 500 sequences the rarest came up some ten times.
 */
const wordsOfVendors: Readonly<Record<Vendor, readonly string[]>> = {
  verifynow: [
    'start 200',
    'start 506',
    'start 800',
    'check 200',
    'check 505',
    'check 700',
    'check 702',
    'check 703',
    'check 705',
    'check 800',
  ],
  smscx: [
    'start 201',
    'start 429',
    'start 1114',
    'check 200',
    'check 2021',
    'check 2023',
    'check 2024',
    'check 2025',
    'check 2026',
    'check 2027',
    'check 2028',
    'check 2029',
    'cancel 200',
    'cancel 2021',
    'cancel 2030',
    'cancel 2031',
  ],
  capillary: [
    'start made',
    'start again',
    'start 517',
    'start 606',
    'recipient-check entity true',
    'recipient-check entity false',
    'recipient-check 605',
    'recipient-check 517',
  ],
  fast2sms: [
    'start true',
    'start 995',
    'start 416',
    'check true',
    'check Invalid OTP',
    'check OTP expired',
    'check OTP already verified',
    'check OTP not found or expired',
    'check Too many wrong attempts, request a new OTP',
    'recipient-check true',
    'recipient-check Invalid OTP',
    'recipient-check OTP not found or expired',
    'resend true',
    'resend 995',
    'resend OTP not found or expired',
    'recipient-resend true',
    'recipient-resend OTP not found or expired',
  ],
  pega: ['start 200', 'start 400', 'start 429', 'check SUCCESS', 'check FAIL'],
};

/** Our own API takes part, with what other doors began. */
export const mustHappenThroughDoors = [
  ...Object.entries(wordsOfVendors).flatMap(([vendor, words]) =>
    words.map((word) => `${vendor} ${word}`),
  ),
  'start 201',
  'start verification_exists',
  'start application_budget_day',
  'resend 200',
  'check approved',
  'check too_many_checks',
  'recipient-check approved',
  'cancel 200',
];

/** What is answered over topics; in 60 sequences the rarest came up some ten times. */
export const mustHappenOverTopics = [
  'flowx start sent true',
  'flowx client-check valid true',
  'flowx client-check valid false',
  'kafka start 201',
];
