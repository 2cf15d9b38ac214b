/**
 * Finds the code in a message, as a phone does when it offers to fill it in. The server never says
 * which one it is: the page knows no more than its user.
 *
 * 1. A last line `@host #code` names it (https://wicg.github.io/sms-one-time-codes/).
 * 2. Digits or letters that are spelled, `1, 2, 3, 4, 5, 6`, are what a voice reads out.
 * 3. Else the best of all runs of 4 to 10 characters: digits before a mixture before letters, six
 *    and more before fewer, the first before later ones. Times, dates, amounts, links and phone
 *    numbers are none.
 *
 * Every repetition has a bound, for a text may be anything and long.
 */

const spelledPattern = /(?<![\p{L}\p{N}])[0-9A-Z](?:, [0-9A-Z]){3,9}(?![\p{L}\p{N}])/u;
const boundLinePattern = /(?:^|\n)@[a-z0-9.-]{1,253} #([A-Za-z0-9]{4,10})\s{0,4}$/;
// A script without blanks between its words may stand beside a code; a Latin letter may not.
const runPattern = /(?<![\p{Script=Latin}\p{N}])[A-Za-z0-9]{4,10}(?![\p{Script=Latin}\p{N}])/gu;

// Removed before the search, with what is glued to them.
const notCodes = [
  /https?:\/\/\S{1,2000}/gi,
  /[^\s@]{1,64}@\S{1,255}/g,
  /\+\d[\d ().-]{6,20}/g,
  /[$€£¥₫₹]\s?\d[\d.,]{0,15}/g,
  /(?<![\d.,])\d[\d.,]{0,15}\s?(?:[$€£¥₫₹]|(?:EUR|USD|GBP|INR|VND)\b)/g,
  /(?<!\d)\d{1,10}(?:[.,:/-]\d{1,10}){1,5}/g,
];

/**
 * @param {string} text
 * @returns {string | null}
 */
export function detectCode(text) {
  const bound = boundLinePattern.exec(text);
  if (bound?.[1] !== undefined) return bound[1];
  const spelled = spelledPattern.exec(text);
  if (spelled !== null) return spelled[0].replaceAll(', ', '');
  let searched = text;
  for (const pattern of notCodes) searched = searched.replace(pattern, ' ');
  let best = null;
  let bestScore = 0;
  for (const [run] of searched.matchAll(runPattern)) {
    const score = scoreOf(run);
    if (score > bestScore) [best, bestScore] = [run, score];
  }
  return best;
}

/**
 * Zero for what is a word. A year is the likeliest number that is no code.
 *
 * @param {string} run
 */
function scoreOf(run) {
  const isLong = run.length >= 6;
  if (/^\d+$/.test(run)) {
    if (isLong) return 5;
    return /^(19|20)\d\d$/.test(run) ? 1 : 3;
  }
  if (/\d/.test(run) && /^([A-Z0-9]+|[a-z0-9]+)$/.test(run)) return isLong ? 4 : 2;
  return isLong && /^[A-Z]+$/.test(run) ? 1 : 0;
}
