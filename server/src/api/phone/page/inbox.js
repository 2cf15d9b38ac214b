import { drawCards } from './conversations.js';
import { arrange, byId } from './elements.js';
import { allMessages } from './messages.js';
import { setText } from './verification-badge.js';

/** @import { Card } from './message-card.js' */

/** @type {Map<string, Card>} by message */
const cards = new Map();

/** The inbox: all e-mails, the newest first. */
export function drawInbox() {
  const mails = allMessages().filter(({ channel }) => channel === 'email');
  /** @type {HTMLElement[]} */
  const elements = [];
  drawCards(cards, mails, (_message, card) => elements.push(card.element));
  arrange(byId('mails'), elements);
  byId('inbox-empty').hidden = mails.length > 0;
  setText(byId('inbox-count'), mails.length === 0 ? '' : String(mails.length));
}
