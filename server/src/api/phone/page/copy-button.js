import { announce } from './announcer.js';
import { element, icon } from './elements.js';

const shownMs = 2_000;

/**
 * A button that copies a text and says so, to the eye and to the ear.
 *
 * @param {string} label
 * @param {string} name The accessible name; begins with the label.
 * @param {() => string} text
 */
export function copyButton(label, name, text) {
  const words = element('span', {}, label);
  const attributes = { class: 'button copy', type: 'button', 'aria-label': name };
  const button = element('button', attributes, icon('copy'), words);
  button.addEventListener('click', async () => {
    const done = await copy(text());
    button.dataset['state'] = done ? 'done' : 'failed';
    words.textContent = done ? 'Copied' : 'Not copied';
    announce(done ? 'Copied.' : 'The browser did not let the page copy. Select the text by hand.');
    setTimeout(() => {
      delete button.dataset['state'];
      words.textContent = label;
    }, shownMs);
  });
  return button;
}

/**
 * The clipboard's interface is there on secure origins only (loopback is one, a plain address of
 * the local network is not); elsewhere a selected text field does it.
 *
 * @param {string} text
 */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** @param {string} text */
function copyBySelection(text) {
  const before = document.activeElement;
  const field = element('textarea', { class: 'visually-hidden', 'aria-hidden': 'true' });
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  return done;
}
