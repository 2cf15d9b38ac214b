import { byId, element } from './elements.js';
import { filterAddress } from './message-card.js';

/** Shows one recipient's messages only. The choice is in the address, to be kept and sent. */

/** Recipients seen so far; a menu longer than this helps nobody. */
const recipientsMax = 100;

/** @type {Set<string>} */
const known = new Set();

/** @returns {string | null} As in the address: perhaps not in its canonical form. */
export function chosenRecipient() {
  const recipient = new URLSearchParams(location.hash.slice(1)).get('recipient');
  return recipient === null || recipient === '' ? null : recipient;
}

/** @param {() => void} onChange */
export function wireFilter(onChange) {
  const select = /** @type {HTMLSelectElement} */ (byId('filter'));
  select.addEventListener('change', () => {
    // A hash that is emptied would scroll to the top and leave a lone `#` behind.
    const address = select.value === '' ? location.pathname : filterAddress(select.value);
    history.pushState(null, '', address);
    onChange();
  });
  addEventListener('hashchange', onChange);
  addEventListener('popstate', onChange);
}

/**
 * @param {readonly string[]} recipients
 * @param {string | null} chosen in its canonical form
 */
export function drawFilter(recipients, chosen) {
  const select = /** @type {HTMLSelectElement} */ (byId('filter'));
  for (const recipient of chosen === null ? recipients : [chosen, ...recipients]) {
    if (known.has(recipient) || (known.size >= recipientsMax && recipient !== chosen)) continue;
    known.add(recipient);
    select.append(element('option', { value: recipient }, recipient));
  }
  const value = chosen ?? '';
  if (select.value !== value && document.activeElement !== select) select.value = value;
}
