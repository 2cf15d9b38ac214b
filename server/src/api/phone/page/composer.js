import { readVerification, sentenceOf, startVerification } from './api.js';
import { copyButton } from './copy-button.js';
import { byId, element } from './elements.js';
import { channelNames } from './message-card.js';

/** @import { Session, Verification } from './api.js' */

/** The verification whose delivery the result line tells of. @type {string | null} */
let followed = null;

/**
 * "Send a code": what the application would do, done here.
 *
 * @param {Session} session
 */
export function wireComposer(session) {
  const form = /** @type {HTMLFormElement} */ (byId('composer'));
  const recipient = /** @type {HTMLInputElement} */ (byId('recipient'));
  for (const channel of session.channels) {
    byId('channel').append(element('option', { value: channel }, channelNames[channel] ?? channel));
  }
  let isBusy = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    try {
      await send(form, recipient);
    } finally {
      isBusy = false;
    }
  });
  listTestRecipients(session, recipient);
  showCurl(session);
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLInputElement} recipient
 */
async function send(form, recipient) {
  const fields = new FormData(form);
  const to = textOf(fields, 'recipient');
  if (to === null) {
    show('problem', 'Type a phone number or an e-mail address first.');
    recipient.setAttribute('aria-invalid', 'true');
    recipient.focus();
    return;
  }
  recipient.removeAttribute('aria-invalid');
  show('busy', 'Sending…');
  const channel = textOf(fields, 'channel');
  const purpose = textOf(fields, 'purpose');
  try {
    const verification = await startVerification({
      recipient: to,
      ...(channel === null ? {} : { channel }),
      ...(purpose === null ? {} : { purpose }),
    });
    followed = verification.id;
    // Its events may have come before this answer, so what it has come to is read once.
    followDelivery(await readVerification(verification.id).catch(() => verification));
  } catch (error) {
    show('problem', sentenceOf(error));
  }
}

/**
 * Tells what became of the hand-over when it is the one that was asked for here.
 *
 * @param {Verification} verification
 */
export function followDelivery(verification) {
  if (verification.id !== followed) return;
  const failed = verification.deliveries.find(
    ({ status }) => status === 'failed' || status === 'undelivered',
  );
  const name = channelNames[verification.channel] ?? verification.channel;
  if (failed !== undefined) {
    const why = failed.error === null ? '' : ` ${failed.error}`;
    const what = failed.status === 'failed' ? 'could not be sent' : 'was not delivered';
    show('problem', `The message to ${verification.recipient} ${what}.${why}`);
  } else if (isUnderWay(verification)) {
    show('busy', `On its way to ${verification.recipient}.`);
  } else {
    show('done', `Sent to ${verification.recipient} by ${inSentence(name)}.`);
  }
}

/** @param {Verification} verification */
function isUnderWay(verification) {
  return verification.deliveries.some(({ status }) => status === 'queued');
}

/** @param {string} channelName */
function inSentence(channelName) {
  return channelName === 'Voice call' || channelName === 'E-mail'
    ? channelName.toLowerCase()
    : channelName;
}

/**
 * @param {Session} session
 * @param {HTMLInputElement} recipient
 */
function listTestRecipients(session, recipient) {
  /** @type {Map<string, string[]>} */
  const byBehaviour = new Map();
  for (const one of session.testRecipients) {
    byBehaviour.set(one.behaviour, [...(byBehaviour.get(one.behaviour) ?? []), one.recipient]);
  }
  const items = [...byBehaviour].map(([behaviour, recipients]) => {
    const buttons = recipients.map((text) => {
      const use = element('button', { type: 'button', class: 'link mono' }, text);
      use.addEventListener('click', () => {
        recipient.value = text;
        recipient.focus();
      });
      return use;
    });
    return element('li', {}, element('span', {}, behaviour), ...buttons);
  });
  byId('test-recipient-list').append(...items);
  byId('test-recipients').hidden = items.length === 0;
}

/** @param {Session} session */
function showCurl(session) {
  const curl = [
    `curl ${session.publicUrl.replace(/\/$/, '')}/v1/verifications \\`,
    '  -H "Authorization: Bearer $WATCHWORD_API_KEY" \\',
    '  -H "Content-Type: application/json" \\',
    `  -d '{"recipient": "+14155550123"}'`,
  ].join('\n');
  byId('curl').textContent = curl;
  byId('copy-curl').replaceWith(copyButton('Copy', 'Copy the example call', () => curl));
}

/**
 * @param {FormData} fields
 * @param {string} name
 */
function textOf(fields, name) {
  const value = fields.get(name);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

/**
 * @param {'busy' | 'done' | 'problem'} kind
 * @param {string} text
 */
function show(kind, text) {
  const result = byId('composer-result');
  if (result.textContent === text) return;
  result.dataset['kind'] = kind;
  result.textContent = text;
}
