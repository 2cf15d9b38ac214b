import { announce, spelled } from './announcer.js';
import { listMessages, readSession, resetAll, sentenceOf } from './api.js';
import { drawClock, setClock, wireClock } from './clock.js';
import { detectCode } from './code-detection.js';
import { followDelivery, wireComposer } from './composer.js';
import { drawConversations } from './conversations.js';
import { byId } from './elements.js';
import { drawInbox } from './inbox.js';
import { listen } from './live.js';
import { channelNames } from './message-card.js';
import {
  addMessage,
  allMessages,
  forgetMessages,
  keepVerification,
  messagesMax,
  onMessagesChange,
  replaceMessages,
} from './messages.js';
import { chosenRecipient, drawFilter, wireFilter } from './recipient-filter.js';

/** @import { Message } from './api.js' */

/** The filter in its canonical form, once the server has said it. @type {string | null} */
let filter = null;
/**
 * Events that came while everything is read again, to be taken after it.
 *
 * @type {[string, any][]}
 */
let held = [];
let loads = 0;
/** Whether everything was read once: from then on, what is folded is the user's choice. */
let isBegun = false;

async function load() {
  loads += 1;
  const mine = loads;
  try {
    const [session, listing] = await Promise.all([
      readSession(),
      listMessages(chosenRecipient(), messagesMax),
    ]);
    // Of two loads that overlap the later one counts; it holds what the first would bring.
    if (mine !== loads) return;
    setClock(session);
    filter = listing.recipient;
    replaceMessages(listing);
    showBanner(null);
    if (!isBegun) byId('from-code').toggleAttribute('open', listing.items.length === 0);
    isBegun = true;
  } catch (error) {
    if (mine === loads) showBanner(sentenceOf(error));
  } finally {
    if (mine === loads) {
      loads = 0;
      const events = held;
      held = [];
      for (const [kind, data] of events) take(kind, data);
    }
  }
}

/**
 * @param {string} kind
 * @param {any} data
 */
function take(kind, data) {
  if (loads > 0) {
    held.push([kind, data]);
    return;
  }
  switch (kind) {
    case 'message':
      if (data.verification !== null) keepVerification(data.verification);
      if (filter !== null && data.message.recipient !== filter) return;
      if (addMessage(data.message)) announce(sentenceFor(data.message));
      break;
    case 'verification':
      if (data.verification === null) return;
      keepVerification(data.verification);
      followDelivery(data.verification);
      break;
    case 'clock':
      setClock(data);
      draw();
      break;
    case 'reset':
      forgetMessages();
      break;
  }
}

/** @param {Message} message */
function sentenceFor(message) {
  const code = detectCode(message.text);
  const what = channelNames[message.channel] ?? message.channel;
  return `New ${what} for ${message.recipient}.${code === null ? '' : ` Code ${spelled(code)}.`}`;
}

function draw() {
  drawConversations();
  drawInbox();
  drawFilter(
    allMessages().map(({ recipient }) => recipient),
    filter,
  );
}

/** @param {string | null} text */
function showBanner(text) {
  byId('banner').hidden = text === null;
  byId('banner').textContent = text ?? '';
}

function wireReset() {
  const dialog = /** @type {HTMLDialogElement} */ (byId('reset-dialog'));
  const result = byId('reset-result');
  byId('reset').addEventListener('click', () => {
    result.textContent = '';
    dialog.showModal();
  });
  byId('reset-confirm').addEventListener('click', async (event) => {
    // The dialog stays until it is done, and says why if it is not.
    event.preventDefault();
    try {
      await resetAll();
      forgetMessages();
      announce('Everything is forgotten.');
      dialog.close();
    } catch (error) {
      result.dataset['kind'] = 'problem';
      result.textContent = sentenceOf(error);
    }
  });
}

async function begin() {
  onMessagesChange(draw);
  wireClock();
  wireReset();
  wireFilter(load);
  setInterval(() => {
    drawClock();
    draw();
  }, 1_000);
  const connection = byId('connection');
  listen({
    onOpen: load,
    onEvent: take,
    onState: (isLive) => {
      const text = isLive ? 'Live' : 'Reconnecting…';
      connection.dataset['state'] = isLive ? 'live' : 'connecting';
      if (connection.textContent !== text) connection.textContent = text;
    },
  });
  const session = await readSession();
  byId('application').textContent = session.application;
  byId('application').hidden = false;
  setClock(session);
  wireComposer(session);
}

begin().catch((error) => showBanner(sentenceOf(error)));
