import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { openApp } from '#api/app.fixture.ts';
import { html, prose } from '#api/reference/markup.ts';
import { apiRoutes, sandboxRoutes } from '#api/routes/index.ts';

const { app } = openApp({}, {});

test('the reference shows every call with its method, path and an example', async () => {
  const { statusCode, headers, body } = await app.inject('/docs');
  assert.equal(statusCode, 200);
  assert.match(String(headers['content-type']), /^text\/html; charset=utf-8/);
  for (const { method, path, operationId, summary } of [...apiRoutes, ...sandboxRoutes]) {
    assert.ok(body.includes(`id="${operationId}">${summary}<`), operationId);
    assert.ok(body.includes(`${method}</span> ${path}<`), `${method} ${path}`);
  }
  assert.ok(body.includes('curl -X POST &quot;https://verify.example/v1/verifications&quot;'));
});

test('the pages hold no script and load nothing from anywhere', async () => {
  for (const url of ['/docs', '/docs/errors', '/docs/errors/not_json']) {
    const { headers, body } = await app.inject(url);
    assert.doesNotMatch(body, /<script|<link|<img|<iframe|\son\w+=|javascript:|\sstyle=/i, url);
    const style = /<style>([\s\S]*?)<\/style>/.exec(body)?.[1] ?? '';
    assert.equal(
      headers['content-security-policy'],
      `default-src 'none'; style-src 'sha256-${hash('sha256', style, 'base64')}'; ` +
        `base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
  }
});

test('every link inside the pages leads somewhere', async () => {
  const pages = ['/docs', '/docs/errors', '/docs/errors/limit_reached'];
  const seen = new Set<string>();
  for (const url of pages) {
    const { body } = await app.inject(url);
    for (const [, link = ''] of body.matchAll(/href="([^"]+)"/g)) {
      if (seen.has(link)) continue;
      seen.add(link);
      if (link.startsWith('#')) assert.ok(body.includes(`id="${link.slice(1)}"`), link);
      else assert.equal((await app.inject(link)).statusCode, 200, link);
    }
  }
  assert.ok(seen.size > 40);
});

test('text is never markup', () => {
  const hostile = `<script>alert("1")</script>&'`;
  assert.equal(
    html`<p title="${hostile}">${[hostile]}</p>`.markup,
    '<p title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;">' +
      '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;</p>',
  );
  assert.equal(prose('a `<b>` c').markup, 'a <code>&lt;b&gt;</code> c');
});
