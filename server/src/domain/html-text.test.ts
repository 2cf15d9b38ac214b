import assert from 'node:assert/strict';
import { test } from 'node:test';
import { looksLikeHtml, textOfHtml } from '#domain/html-text.ts';

test('the words of an HTML text stand in lines, without markup', () => {
  const html = `<!doctype html><html><head><title>No</title><style>p { x: y }</style></head>
    <body><!-- no --><h1>Hello&nbsp;{{name}}</h1>
    <p>Your code:<br/><b>{{code}}</b> &lt;&#8364;&#x20AC;&gt; &unknown;</p>
    <table><tr><td>a</td><td>b</td></tr></table></body></html>`;
  assert.equal(textOfHtml(html), 'Hello {{name}}\nYour code:\n{{code}} <€€> &unknown;\nab');
});

test('what has a tag looks like HTML, and what compares does not', () => {
  for (const text of ['<p>Hi</p>', '<!DOCTYPE html>', 'a<br/>b', '<td class="x">']) {
    assert.ok(looksLikeHtml(text), text);
  }
  for (const text of ['1 < 2', 'a <3 b', 'Your code: {{code}}', '']) {
    assert.ok(!looksLikeHtml(text), text);
  }
});

test('no text takes long', () => {
  const began = performance.now();
  for (const part of ['<', '<!--', '<style', '&#', ' \n']) textOfHtml(part.repeat(20_000));
  assert.ok(performance.now() - began < 2_000);
});
