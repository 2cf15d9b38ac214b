import { advanceClock, sentenceOf } from './api.js';
import { byId } from './elements.js';
import { setText } from './verification-badge.js';

/** @import { ClockReading } from './api.js' */

/** The development server's clock, which is the real one or ahead of it, and never goes back. */

const timeFormat = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const shortFormat = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });

// What the server's clock is ahead of this browser's, which may itself be wrong.
let aheadOfBrowserMs = 0;

/** Milliseconds since 1970 by the server's clock. */
export function clockNow() {
  return Date.now() + aheadOfBrowserMs;
}

/** @param {ClockReading} reading */
export function setClock(reading) {
  aheadOfBrowserMs = Date.parse(reading.now) - Date.now();
  // Readings travel for a moment; less than two seconds is the journey.
  const isMoved = Math.abs(reading.aheadSeconds) >= 2;
  setText(
    byId('clock-ahead'),
    isMoved ? `${lengthOf(reading.aheadSeconds)} ahead` : 'the real time',
  );
  drawClock();
}

export function drawClock() {
  const now = new Date(clockNow());
  setText(byId('clock-time'), timeFormat.format(now));
  byId('clock-time').setAttribute('datetime', now.toISOString());
  setText(byId('phone-time'), shortFormat.format(now));
}

/** Makes the buttons work. */
export function wireClock() {
  const result = byId('clock-result');
  for (const button of document.querySelectorAll('[data-advance]')) {
    button.addEventListener('click', async () => {
      const seconds = Number(button.getAttribute('data-advance'));
      try {
        setClock(await advanceClock(seconds));
        delete result.dataset['kind'];
        result.textContent = `Moved forward by ${lengthOf(seconds)}.`;
      } catch (error) {
        result.dataset['kind'] = 'problem';
        result.textContent = sentenceOf(error);
      }
    });
  }
}

/** @param {number} seconds */
function lengthOf(seconds) {
  const parts = [];
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3_600);
  const minutes = Math.floor((seconds % 3_600) / 60);
  if (days > 0) parts.push(`${days} d`);
  if (hours > 0) parts.push(`${hours} h`);
  if (minutes > 0) parts.push(`${minutes} min`);
  if (seconds % 60 > 0) parts.push(`${seconds % 60} s`);
  return parts.join(' ');
}
