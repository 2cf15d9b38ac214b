/** The colours of the page hold the contrasts of WCAG 2.2 (1.4.3 and 1.4.11), in both schemes. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const css = readFileSync(new URL('page/phone.css', import.meta.url), 'utf8');
const colours = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(
    ([, name = '', light = '', dark = '']) => [name, { light, dark }],
  ),
);

const pairs: readonly [string, string, number][] = [
  ['ink', 'ground', 4.5],
  ['ink', 'surface', 4.5],
  ['ink', 'sunken', 4.5],
  ['ink-soft', 'ground', 4.5],
  ['ink-soft', 'surface', 4.5],
  ['ink-soft', 'sunken', 4.5],
  ['accent', 'surface', 4.5],
  ['accent', 'ground', 3],
  ['on-accent', 'accent', 4.5],
  ['on-accent', 'accent-strong', 4.5],
  ['good', 'good-ground', 4.5],
  ['good', 'surface', 4.5],
  ['bad', 'bad-ground', 4.5],
  ['bad', 'surface', 4.5],
  ['wait', 'wait-ground', 4.5],
  ['edge', 'surface', 3],
];

for (const [front, back, least] of pairs) {
  for (const scheme of ['light', 'dark'] as const) {
    test(`${front} on ${back} can be read in the ${scheme} scheme`, () => {
      const ratio = contrast(colourOf(front, scheme), colourOf(back, scheme));
      assert.ok(ratio >= least, `${ratio.toFixed(2)} is below ${least}`);
    });
  }
}

function colourOf(name: string, scheme: 'light' | 'dark'): string {
  const colour = colours.get(name);
  assert.ok(colour, `phone.css has no colour ${name}`);
  return colour[scheme];
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** Relative luminance as WCAG 2.2 defines it. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const share = Number.parseInt(colour.slice(start, start + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
