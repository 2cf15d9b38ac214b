import { clockNow } from './clock.js';
import { arrange, byId, element } from './elements.js';
import { filterAddress, messageCard } from './message-card.js';
import { allMessages, keepVerification, verificationOf } from './messages.js';

/** @import { Message } from './api.js' */
/** @import { Card } from './message-card.js' */

/**
 * The phone: one conversation per recipient, the one with the newest message first, and in it the
 * newest message first, so that what just came is at the top without scrolling.
 */

/** @type {Map<string, Card>} by message */
const cards = new Map();
/** @type {Map<string, { element: HTMLElement, list: HTMLElement }>} by recipient */
const conversations = new Map();

export function drawConversations() {
  const messages = allMessages().filter(({ channel }) => channel !== 'email');
  /** @type {Map<string, HTMLElement[]>} */
  const byRecipient = new Map();
  drawCards(cards, messages, (message, card) => {
    const list = byRecipient.get(message.recipient) ?? [];
    byRecipient.set(message.recipient, list);
    list.push(card.element);
  });
  for (const recipient of conversations.keys()) {
    if (!byRecipient.has(recipient)) conversations.delete(recipient);
  }
  const wanted = [...byRecipient].map(([recipient, elements]) => {
    const conversation = conversations.get(recipient) ?? makeConversation(recipient);
    conversations.set(recipient, conversation);
    arrange(conversation.list, elements);
    return conversation.element;
  });
  arrange(byId('conversations'), wanted);
  byId('phone-empty').hidden = messages.length > 0;
}

/**
 * Makes the cards that are missing, forgets those that are gone, and brings all up to date.
 *
 * @param {Map<string, Card>} kept
 * @param {readonly Message[]} messages
 * @param {(message: Message, card: Card) => void} place
 */
export function drawCards(kept, messages, place) {
  const ids = new Set(messages.map(({ id }) => id));
  for (const id of kept.keys()) if (!ids.has(id)) kept.delete(id);
  /** @type {Set<string>} */
  const seen = new Set();
  const nowMs = clockNow();
  for (const message of messages) {
    const card = kept.get(message.id) ?? messageCard(message, keepVerification);
    kept.set(message.id, card);
    // A code that was sent again is checked at its newest message.
    const { verificationId } = message;
    const isNewest = verificationId !== null && !seen.has(verificationId);
    if (verificationId !== null) seen.add(verificationId);
    card.update(verificationOf(verificationId), isNewest, nowMs);
    place(message, card);
  }
}

/** @param {string} recipient */
function makeConversation(recipient) {
  const link = element('a', { href: filterAddress(recipient), title: 'Show only this' }, recipient);
  const heading = element('h3', { class: 'addressee', dir: 'ltr' }, link);
  const list = element('div', { class: 'messages' });
  const whole = element('section', { class: 'conversation', 'aria-label': recipient });
  whole.append(heading, list);
  return { element: whole, list };
}
