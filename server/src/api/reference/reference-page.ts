import type {
  JsonObject,
  OpenapiDocument,
  Operation,
  Parameter,
  Reference,
  Response,
} from '#api/openapi.ts';
import { problemMediaType } from '#api/problem.ts';
import { fieldTable, typeInWords } from '#api/reference/fields.ts';
import { layout } from '#api/reference/layout.ts';
import { html, type Markup, prose } from '#api/reference/markup.ts';

/** The reference of all calls, as people read it: made from the description that programs read. */

interface Call {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

export function referencePage(document: OpenapiDocument): string {
  const calls = callsOf(document);
  const content = html`<h1>Watchword API</h1>
<p>${prose(String(document.info.description))}</p>
<p>Everything below is also there for programs: <a href="/v1/openapi.json">OpenAPI 3.1</a>.
What went wrong is explained by <a href="/docs/errors">the list of errors</a>.</p>
${document.tags.map(
  ({ name, description }) => html`<h2 id="${name}">${titleOf(name)}</h2><p>${description}</p>
${calls
  .filter(({ operation }) => operation.tags.includes(name))
  .map((call) => section(call, document))}`,
)}`;
  return layout('Watchword API', navigation(document, calls), content);
}

function callsOf(document: OpenapiDocument): Call[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
    })),
  );
}

function navigation(document: OpenapiDocument, calls: readonly Call[]): Markup {
  return html`<strong>Watchword</strong><ul><li><a href="/docs/errors">Errors</a></li></ul>
${document.tags.map(
  ({ name }) =>
    html`<h2>${titleOf(name)}</h2><ul>${calls
      .filter(({ operation }) => operation.tags.includes(name))
      .map(
        ({ operation }) =>
          html`<li><a href="#${operation.operationId}">${operation.summary}</a></li>`,
      )}</ul>`,
)}`;
}

function section(call: Call, document: OpenapiDocument): Markup {
  const { method, path, operation } = call;
  const body = operation.requestBody?.content['application/json'];
  const { schemas } = document.components;
  return html`<section aria-labelledby="${operation.operationId}">
<h3 id="${operation.operationId}">${operation.summary}</h3>
<p class="call"><span class="method ${method}">${method}</span> ${path}</p>
<p>${prose(operation.description)}${
    operation.security === undefined ? null : html` <span class="soft">Needs no API key.</span>`
  }</p>
${parameterTable(operation.parameters ?? [], document)}
${labelled('Body', body === undefined ? null : fieldTable(body.schema, schemas))}
<h4>Example</h4><pre tabindex="0"><code>${exampleCommand(call, document)}</code></pre>
${answers(operation, document)}
</section>`;
}

function parameterTable(
  parameters: readonly Parameter[],
  document: OpenapiDocument,
): Markup | null {
  if (parameters.length === 0) return null;
  const { schemas } = document.components;
  return html`<h4>Parameters</h4><table><thead><tr><th scope="col">Name</th>
<th scope="col">Type</th><th scope="col">Meaning</th></tr></thead><tbody>${parameters.map(
    ({ name, in: place, description, schema }) => html`<tr><td><code>${name}</code></td>
<td class="soft">${place}, ${typeInWords(schema, schemas)}</td><td>${prose(description)}</td></tr>`,
  )}</tbody></table>`;
}

function answers(operation: Operation, document: OpenapiDocument): Markup {
  const { schemas } = document.components;
  const codes: string[] = [];
  const parts: Markup[] = [];
  for (const [status, answer] of Object.entries(operation.responses)) {
    const { description, content = {} } = resolveAnswer(answer, document);
    const schema = content['application/json']?.schema;
    if (Number(status) >= 400) codes.push(...codesOf(content[problemMediaType]?.schema));
    else {
      const table = schema === undefined ? null : fieldTable(schema, schemas);
      parts.push(
        html`<h4>Answer ${status}</h4><p>${description}</p>${
          table === null ? null : html`<details><summary>Its fields</summary>${table}</details>`
        }`,
      );
    }
  }
  return html`${parts}${labelled(
    'Errors',
    codes.length === 0
      ? null
      : html`<ul class="errors">${codes.map(
          (code) => html`<li><a href="/docs/errors/${code}"><code>${code}</code></a></li>`,
        )}</ul>`,
  )}`;
}

function resolveAnswer(answer: Response | Reference, document: OpenapiDocument): Response {
  if (!('$ref' in answer)) return answer;
  const shared = document.components.responses[answer.$ref.split('/').at(-1) ?? ''];
  if (shared === undefined) throw new Error(`${answer.$ref} leads nowhere.`);
  return shared;
}

function codesOf(schema: JsonObject | undefined): string[] {
  const { properties } = (schema ?? {}) as { properties?: { code?: { enum?: string[] } } };
  return properties?.code?.enum ?? [];
}

function exampleCommand({ method, path, operation }: Call, document: OpenapiDocument): string {
  const url = `${document.servers[0]?.url ?? ''}${path
    .replace('{id}', '$id')
    .replace('{name}', 'login')}`;
  const lines = [method === 'GET' ? `curl "${url}"` : `curl -X ${method} "${url}"`];
  if (operation.security === undefined) lines.push('-H "Authorization: Bearer $apiKey"');
  const body = operation.requestBody?.content['application/json'];
  if (body?.example !== undefined) {
    lines.push("-H 'Content-Type: application/json'", `-d '${JSON.stringify(body.example)}'`);
  }
  return lines.join(' \\\n  ');
}

function labelled(title: string, content: Markup | null): Markup | null {
  return content === null ? null : html`<h4>${title}</h4>${content}`;
}

function titleOf(tag: string): string {
  return `${tag.charAt(0).toUpperCase()}${tag.slice(1)}`;
}
