import { htmlAddress } from './api.js';
import { checkForm } from './check-form.js';
import { detectCode } from './code-detection.js';
import { copyButton } from './copy-button.js';
import { element, icon } from './elements.js';
import { statusAt, verificationBadge } from './verification-badge.js';

/** @import { Message, Verification } from './api.js' */

/** @type {Record<string, string>} */
export const channelNames = {
  sms: 'SMS',
  email: 'E-mail',
  voice: 'Voice call',
  whatsapp: 'WhatsApp',
  zalo: 'Zalo',
};

const timeFormat = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const wholeFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

/** Longer texts scroll in their own box, which the keyboard must be able to reach. */
const longTextCharacters = 1_200;

/**
 * @typedef {object} Card
 * @property {HTMLElement} element
 * @property {(verification: Verification | null, isNewest: boolean, nowMs: number) => void} update
 */

/**
 * One message with its code, the state of its verification, and the field to check it.
 *
 * @param {Message} message
 * @param {(verification: Verification) => void} onVerification
 * @returns {Card}
 */
export function messageCard(message, onVerification) {
  const isMail = message.channel === 'email';
  const code = detectCode(message.text) ?? detectCode(message.subject ?? '');
  const badge = verificationBadge();
  const whole = element(
    'article',
    {
      class: isMail ? 'mail' : 'message',
      'data-message': message.id,
      'aria-label': nameOf(message),
    },
    ...(isMail ? mailHead(message) : [bubbleHead(message)]),
    ...(isMail ? mailBody(message) : [textOf(message, 'bubble')]),
  );
  if (code !== null) whole.append(codeRow(code));
  whole.append(badge.element);
  badge.element.append(...facts(message));

  const { verificationId } = message;
  const check = verificationId === null ? null : checkForm(verificationId, onVerification);
  const again = element('button', { class: 'button quiet', type: 'button' }, 'Check a code again');
  let isReopened = false;
  if (check !== null) {
    again.hidden = true;
    whole.append(check.element, again);
    again.addEventListener('click', () => {
      isReopened = true;
      again.hidden = true;
      check.element.hidden = false;
      check.form.querySelector('input')?.focus();
    });
  }

  return {
    element: whole,
    update(verification, isNewest, nowMs) {
      badge.update(verification, nowMs);
      const isPending = verification !== null && statusAt(verification, nowMs) === 'pending';
      whole.dataset['state'] = verification === null || isPending ? 'live' : 'over';
      if (check === null) return;
      const isShown = (isPending && isNewest) || isReopened || check.isInUse();
      check.element.hidden = !isShown;
      again.hidden = isShown || verification === null || !isNewest;
    },
  };
}

/** @param {Message} message */
function nameOf(message) {
  const from = message.sender === null ? '' : ` from ${message.sender}`;
  const at = timeFormat.format(new Date(message.at));
  const channel = channelNames[message.channel] ?? message.channel;
  return `${channel}${from} to ${message.recipient}, ${at}`;
}

/** @param {Message} message */
function bubbleHead(message) {
  const channel = channelNames[message.channel] ?? message.channel;
  return element(
    'header',
    { class: 'message-head' },
    element('span', { class: `channel channel-${message.channel}` }, icon(message.channel)),
    element('span', { class: 'channel-name' }, channel),
    element('bdi', { class: 'sender' }, message.sender ?? 'No sender'),
    timeOf(message),
  );
}

/** @param {Message} message */
function mailHead(message) {
  return [
    element(
      'header',
      { class: 'message-head' },
      element('span', { class: 'channel channel-email' }, icon('email')),
      element('bdi', { class: 'sender' }, message.sender ?? 'No sender'),
      timeOf(message),
    ),
    element('h3', { class: 'subject', dir: 'auto' }, message.subject ?? 'No subject'),
    element(
      'p',
      { class: 'addressee soft' },
      'to ',
      element('a', { href: filterAddress(message.recipient) }, message.recipient),
    ),
  ];
}

/** @param {Message} message */
function mailBody(message) {
  const text = textOf(message, 'mail-text');
  if (!message.hasHtml) return [text];
  const frame = element('iframe', {
    class: 'mail-frame',
    // No script, no form, no origin of ours; the answer's own policy says the same again.
    sandbox: '',
    referrerpolicy: 'no-referrer',
    title: `E-mail: ${message.subject ?? 'no subject'}`,
    hidden: true,
  });
  const plain = element('button', { type: 'button', 'aria-pressed': 'true' }, 'Plain text');
  const formatted = element('button', { type: 'button', 'aria-pressed': 'false' }, 'Formatted');
  /** @param {boolean} isFormatted */
  const show = (isFormatted) => {
    if (isFormatted && !frame.hasAttribute('src'))
      frame.setAttribute('src', htmlAddress(message.id));
    frame.hidden = !isFormatted;
    text.hidden = isFormatted;
    plain.setAttribute('aria-pressed', String(!isFormatted));
    formatted.setAttribute('aria-pressed', String(isFormatted));
  };
  plain.addEventListener('click', () => show(false));
  formatted.addEventListener('click', () => show(true));
  const choice = { class: 'choice', role: 'group', 'aria-label': 'Part of the e-mail' };
  return [element('div', choice, plain, formatted), text, frame];
}

/**
 * @param {Message} message
 * @param {string} kind
 */
function textOf(message, kind) {
  const isLong = message.text.length > longTextCharacters;
  const text = element('div', { class: `text ${kind}`, dir: 'auto' }, message.text);
  if (isLong) {
    text.tabIndex = 0;
    text.setAttribute('role', 'group');
    text.setAttribute('aria-label', 'Text of the message');
  }
  return text;
}

/** @param {string} code */
function codeRow(code) {
  return element(
    'div',
    { class: 'code-row' },
    element('span', { class: 'visually-hidden' }, 'Code: '),
    element('span', { class: 'code', 'data-code': code }, code),
    copyButton('Copy code', `Copy code ${code}`, () => code),
  );
}

/** @param {Message} message */
function facts(message) {
  const parts = `${message.parts} part${message.parts === 1 ? '' : 's'}`;
  return message.channel === 'sms' ? [element('span', {}, parts)] : [];
}

/** @param {Message} message */
function timeOf(message) {
  const at = new Date(message.at);
  const attributes = { datetime: message.at, title: wholeFormat.format(at) };
  return element('time', attributes, timeFormat.format(at));
}

/**
 * The page with the filter set.
 *
 * @param {string} recipient
 */
export function filterAddress(recipient) {
  return `#${new URLSearchParams({ recipient })}`;
}
