import { type ErrorCode, errorCodes, errorTable } from '#api/errors.ts';
import { layout } from '#api/reference/layout.ts';
import { html, type Markup, prose } from '#api/reference/markup.ts';

/** What `type` of a problem leads to. */
export function errorPage(code: ErrorCode): string {
  const { status, title, whatToDo, statusOfField } = errorTable[code];
  const content = html`<p><a href="/docs/errors">All errors</a></p>
<h1>${title}</h1>
<p class="call">${code} <span class="soft">HTTP ${status}${
    statusOfField === undefined ? null : `; ${statusOfField} where a field of the body names it`
  }</span></p>
<h2>What to do</h2>
<p>${prose(whatToDo)}</p>
<p class="soft">The answer's <code>detail</code> says what is wrong with the one request, and its
<code>requestId</code> finds it in the log.</p>`;
  return layout(`${code} · Watchword`, navigation(), content);
}

export function errorListPage(): string {
  const content = html`<h1>Errors</h1>
<p>Every error is <code>application/problem+json</code> (RFC 9457). Programs look at
<code>code</code>, which never changes its meaning; people read <code>detail</code>. A wrong or late
code is no error but a verdict with status 200.</p>
<table><thead><tr><th scope="col">Code</th><th scope="col">Status</th><th scope="col">Meaning</th>
</tr></thead><tbody>${errorCodes.map(
    (code) => html`<tr><td><a href="/docs/errors/${code}"><code>${code}</code></a></td>
<td>${errorTable[code].status}</td><td>${errorTable[code].title}.</td></tr>`,
  )}</tbody></table>`;
  return layout('Errors · Watchword', navigation(), content);
}

function navigation(): Markup {
  return html`<strong>Watchword</strong><ul><li><a href="/docs">All calls</a></li></ul>
<h2>Errors</h2><ul>${errorCodes.map(
    (code) => html`<li><a href="/docs/errors/${code}">${code}</a></li>`,
  )}</ul>`;
}
