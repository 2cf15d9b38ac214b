import { hash } from 'node:crypto';
import { html, type Markup } from '#api/reference/markup.ts';
import { styleSheet } from '#api/reference/style.ts';

/** A whole page. It has no script and loads nothing, not even its style. */
export function layout(title: string, navigation: Markup, content: Markup): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${{ markup: styleSheet }}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<nav aria-label="Reference">${navigation}</nav>
<main id="content" tabindex="-1">${content}</main>
</body>
</html>
`;
  return page.markup;
}

/** The one style is allowed by its hash; everything else is forbidden (CSP level 3). */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${hash('sha256', styleSheet, 'base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
