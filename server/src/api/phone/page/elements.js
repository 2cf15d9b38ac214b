/**
 * Makes an element. Text always becomes a text node: nothing that a message holds is ever read as
 * markup, and the page's policy (Trusted Types) would refuse it.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | boolean | null>} [attributes] `true` sets an empty one; `false`
 *   and null leave it out.
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== null) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children);
  return made;
}

/** @param {string} name The name of a file in `icons/`. */
export function icon(name) {
  return element('span', { class: `icon icon-${name}`, 'aria-hidden': 'true' });
}

/**
 * The element of the page with this id.
 *
 * @template {HTMLElement} [Kind=HTMLElement]
 * @param {string} id
 * @returns {Kind}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no element ${id}.`);
  return /** @type {Kind} */ (found);
}

/**
 * Brings the children of an element into an order, and removes all others. The child that holds
 * the keyboard's focus is never moved, for moving an element takes the focus from it.
 *
 * @param {HTMLElement} parent
 * @param {readonly HTMLElement[]} wanted
 */
export function arrange(parent, wanted) {
  const keep = new Set(wanted);
  for (const child of [...parent.children]) {
    if (!keep.has(/** @type {HTMLElement} */ (child))) child.remove();
  }
  const focused = wanted.findIndex(
    (child) => child.parentElement === parent && child.contains(document.activeElement),
  );
  const fixed = focused < 0 ? null : (wanted[focused] ?? null);
  const before = focused < 0 ? [] : wanted.slice(0, focused);
  const after = wanted.slice(focused + 1);
  // What stands in the right place already is left alone, so that nothing loads or moves again.
  let next = fixed;
  for (const child of before.reverse()) {
    if (child.nextElementSibling !== next || child.parentElement !== parent) {
      parent.insertBefore(child, next);
    }
    next = child;
  }
  let previous = fixed;
  for (const child of after) {
    if (child.previousElementSibling !== previous || child.parentElement !== parent) {
      parent.insertBefore(child, previous === null ? parent.firstChild : previous.nextSibling);
    }
    previous = child;
  }
}
