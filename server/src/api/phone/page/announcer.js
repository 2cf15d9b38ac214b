import { byId } from './elements.js';

/**
 * Tells a screen reader what happened, politely: after what it is saying now. Sentences that come
 * together are said together, and of many messages only their number.
 */

const gatherMs = 400;
const sentencesMax = 3;

/** @type {string[]} */
let waiting = [];
/** @type {ReturnType<typeof setTimeout> | null} */
let timer = null;

/** @param {string} sentence */
export function announce(sentence) {
  waiting.push(sentence);
  if (timer === null) timer = setTimeout(say, gatherMs);
}

function say() {
  timer = null;
  const many = waiting.length > sentencesMax;
  byId('announcer').textContent = many ? `${waiting.length} new messages.` : waiting.join(' ');
  waiting = [];
}

/**
 * A code as it should be read: character by character, not as a number of thousands.
 *
 * @param {string} code
 */
export function spelled(code) {
  return [...code].join(' ');
}
