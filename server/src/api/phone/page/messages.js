/** What the page has seen of messages and verifications, and who wants to know of changes. */

/** @import { Listing, Message, Verification } from './api.js' */

/** The page stays quick with this many; older ones are a filter away. */
export const messagesMax = 200;

/** @type {Message[]} newest first */
let messages = [];
/** @type {Map<string, Verification>} */
let verifications = new Map();
/** @type {Set<() => void>} */
const listeners = new Set();
let isDue = false;

/** @returns {readonly Message[]} newest first */
export function allMessages() {
  return messages;
}

/** @param {string | null} id */
export function verificationOf(id) {
  return id === null ? null : (verifications.get(id) ?? null);
}

/** @param {Listing} listing */
export function replaceMessages(listing) {
  messages = listing.items.slice(0, messagesMax);
  verifications = new Map(listing.verifications.map((one) => [one.id, one]));
  changed();
}

/**
 * True when it was not there before.
 *
 * @param {Message} message
 */
export function addMessage(message) {
  if (messages.some(({ id }) => id === message.id)) return false;
  messages = [message, ...messages].slice(0, messagesMax);
  changed();
  return true;
}

/** @param {Verification} verification */
export function keepVerification(verification) {
  verifications.set(verification.id, verification);
  changed();
}

export function forgetMessages() {
  messages = [];
  verifications = new Map();
  changed();
}

/** @param {() => void} listener Called once per frame at most, after changes. */
export function onMessagesChange(listener) {
  listeners.add(listener);
}

// A burst of events, as from a load test, is drawn once. A page that is not shown gets no frames,
// so a timer stands beside it.
function changed() {
  if (isDue) return;
  isDue = true;
  const draw = () => {
    if (!isDue) return;
    isDue = false;
    for (const listener of listeners) listener();
  };
  requestAnimationFrame(draw);
  setTimeout(draw, 100);
}
