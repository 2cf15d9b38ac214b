import { element } from './elements.js';

/** @import { Status, Verification } from './api.js' */

/** @type {Record<Status, string>} */
const words = {
  pending: 'Pending',
  approved: 'Approved',
  failed: 'Failed',
  expired: 'Expired',
  canceled: 'Canceled',
  blocked: 'Blocked',
};

/**
 * The status that holds at a moment: a pending verification whose time is over is expired, whether
 * or not the server has said so yet.
 *
 * @param {Verification} verification
 * @param {number} nowMs
 * @returns {Status}
 */
export function statusAt(verification, nowMs) {
  const isOver = verification.status === 'pending' && nowMs >= Date.parse(verification.expiresAt);
  return isOver ? 'expired' : verification.status;
}

/**
 * State, time left, checks left. The time is no live region: it would never stop talking.
 */
export function verificationBadge() {
  const word = element('span');
  const badge = element('span', { class: 'badge' }, word);
  const time = element('span', { class: 'countdown' });
  const checks = element('span');
  const whole = element('p', { class: 'state' }, badge, time, checks);
  return {
    element: whole,
    /**
     * @param {Verification | null} verification
     * @param {number} nowMs
     */
    update(verification, nowMs) {
      if (verification === null) {
        delete badge.dataset['status'];
        for (const part of [word, time, checks]) setText(part, '');
        return;
      }
      const status = statusAt(verification, nowMs);
      badge.dataset['status'] = status;
      const isPending = status === 'pending';
      setText(word, words[status]);
      setText(time, isPending ? `${countdown(verification, nowMs)} left` : '');
      setText(checks, isPending ? countOf(verification.checksLeft, 'check') : '');
    },
  };
}

/**
 * @param {Verification} verification
 * @param {number} nowMs
 */
function countdown(verification, nowMs) {
  const seconds = Math.max(0, Math.ceil((Date.parse(verification.expiresAt) - nowMs) / 1000));
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${String(seconds % 60).padStart(2, '0')}`;
}

/**
 * @param {number} count
 * @param {string} word
 */
export function countOf(count, word) {
  return `${count} ${word}${count === 1 ? '' : 's'} left`;
}

/**
 * Leaves equal text alone, so that a selection in it survives the tick of the clock.
 *
 * @param {HTMLElement} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
