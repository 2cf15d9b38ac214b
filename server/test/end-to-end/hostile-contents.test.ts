import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { nextRecipient } from './hostile-calls.ts';
import { brokenUrls, privateUrls } from './hostile-urls.ts';
import { hostileNames, hostileTexts } from './hostile-values.ts';
import { type Answer, judgeAnswer } from './judge-answer.ts';
import {
  logLines,
  type RunningServer,
  type Answer as ServerAnswer,
  startDevelopmentServer,
  waitFor,
} from './running-server.ts';

/**
 * Values of the right kind that mean harm (security.md: W-01, W-05, I-01 to I-12, N-01 to N-07):
 * addresses of our own network, templates as data, headers in names, one phone under many names.
 */
let server: RunningServer;
before(async () => {
  server = await startDevelopmentServer();
});
after(() => server.remove());

/** A start, or another call, judged before a test looks at it. */
async function send(method: string, path: string, body: unknown): Promise<ServerAnswer> {
  const answer = await server.call(method, path, body);
  const judged: Answer = { ...answer, headers: Object.fromEntries(answer.headers) };
  judgeAnswer(`${method} ${path} ${JSON.stringify(body).slice(0, 200)}`, judged);
  return answer;
}

function start(fields: object): Promise<ServerAnswer> {
  return send('POST', '/v1/verifications', { recipient: nextRecipient(), ...fields });
}

function refusal({ body }: ServerAnswer): { code: string; pointers: string[] } {
  const errors = body.errors as { pointer: string }[];
  return { code: body.code, pointers: errors.map(({ pointer }) => pointer) };
}

/** What the virtual phone shows of the newest message of a verification. */
function readMessage(id: string): Promise<{ text: string; html: string; subject: string }> {
  return waitFor(async () => {
    const { body } = await server.call('GET', '/v1/sandbox/messages?limit=200');
    return body.items.find((message: { verificationId: string }) => message.verificationId === id);
  });
}

test('no callback goes to our own network, or to a URL of two meanings', async () => {
  for (const callbackUrl of [...privateUrls, ...brokenUrls]) {
    const started = await start({ callbackUrl });
    assert.equal(started.status, 422, callbackUrl);
    assert.deepEqual(refusal(started).pointers, ['/callbackUrl'], callbackUrl);
    const changed = await send('PATCH', '/v1/application', { callbackUrl });
    assert.equal(changed.status, 422, callbackUrl);
    assert.deepEqual(refusal(changed).pointers, ['/callbackUrl'], callbackUrl);
  }
  for (const callbackUrl of [
    'https://evil.example/\r\nX: y',
    'https://evil\t.example/',
    'https://e\0/',
  ]) {
    assert.equal((await start({ callbackUrl })).status, 422, JSON.stringify(callbackUrl));
  }
});

const templatesAsData = [
  '{{ code }}',
  '{{code}}',
  '{{ 7 | times: 191 }}',
  '{{ constructor.constructor("return process")() }}',
  '{% assign x = 1 %}{% raw %}',
  '{% include "secret" %}',
  '{% for i in (1..100000) %}x{% endfor %}',
  '{{ __proto__ }}',
  `\${7*191}`,
  '<%= 7*191 %>',
  '#{7*191}',
  `[[\${7*191}]]`,
  '{{{pin}}}',
  `\${otpValue}`,
  '{{validation_code}}',
  '%s%n',
];

test('what a variable says is printed as it stands, and never read as a template', async () => {
  for (const name of templatesAsData) {
    const { body, status } = await start({ text: '{{code}} for {{name}}.', variables: { name } });
    assert.equal(status, 201, name);
    const { text } = await readMessage(body.id);
    assert.match(text, /^\d{6} for /, name);
    assert.ok(text.endsWith(` for ${name}.`), `${name} became ${text}`);
  }
});

test('a variable in the HTML of an e-mail cannot become markup', async () => {
  const variants = [
    {
      channel: 'email',
      subject: 'For {{name}}',
      text: '{{code}}',
      html: '<p>{{code}} {{name}}</p>',
    },
  ];
  assert.equal((await send('PUT', '/v1/templates/mail', { variants })).status, 200);
  for (const name of [
    '<img src=x onerror=alert(1)>',
    '"><script>1</script>',
    `' onload='a`,
    '&lt;',
  ]) {
    const recipient = `person${Date.now()}.${name.length}@example.com`;
    const { body } = await send('POST', '/v1/verifications', {
      recipient,
      template: 'mail',
      variables: { name },
    });
    const { html, subject } = await readMessage(body.id);
    assert.ok(!html.includes(name), html);
    assert.doesNotMatch(html.replaceAll(/<\/?p>/g, ''), /[<>]/);
    assert.equal(subject, `For ${name}`);
  }
});

const wrongTemplates = [
  'no code at all',
  '{{code}} {{code}}',
  '{{code}} {{pin}}',
  '{{ code | upcase | append: code }}',
  '{{code',
  '{% for i in (1..1000000000) %}{{code}}{% endfor %}',
  '{{code}}{% include "x" %}',
  '{{code}}{% render "/etc/passwd" %}',
  '{{code}}{{ "a" | append: constructor }}',
  '{{code}}{{ variables.__proto__ }}',
  '{{code}}{% assign code = 1 %}',
  '{{code}}{% capture a %}x{% endcapture %}',
  '{{code}}{% increment a %}',
  '{{code[0]}}{{code[1]}}',
  '{{ "code" }}',
  `{{code}}${'{{a'.repeat(200)}`,
  `{{code}}${'{%'.repeat(300)}`,
  '{{code}}\0',
];

test('a text that computes, loops or hides the code is no template', async () => {
  for (const text of wrongTemplates) {
    const started = await start({ text });
    assert.equal(started.status, 422, text);
    assert.deepEqual(refusal(started).pointers, ['/text'], text);
    const variants = [{ channel: 'sms', text }];
    assert.equal((await send('PUT', '/v1/templates/wrong', { variants })).status, 422, text);
  }
});

test('a line break in a sender, subject, name or locale is refused', async () => {
  const inject = 'A\r\nBcc: victim@example.net';
  const starts = [
    { sender: inject },
    { language: `en${inject}` },
    { purpose: inject },
    { reference: inject },
    { metadata: { k: inject } },
    { client: { userAgent: inject } },
    { client: { device: inject } },
    { transaction: { amount: '1', currency: 'EUR', payee: inject } },
    { autofill: { webOrigin: `https://example.com\r\n${inject}` } },
    { autofill: { webOrigin: 'https://example.com #123456' } },
    { country: 'U\n' },
    { customCode: '12345\n' },
    { template: inject },
  ];
  for (const fields of starts) {
    const { status } = await start(fields);
    assert.equal(status, 422, JSON.stringify(fields));
  }
  for (const subject of [inject, 'A\nB', 'A\0B', 'A\u2028B']) {
    const variants = [{ channel: 'email', subject, text: '{{code}}' }];
    assert.equal((await send('PUT', '/v1/templates/wrong', { variants })).status, 422, subject);
  }
});

const wrongRecipients = [
  'a@b.com\r\nRCPT TO:<x@evil.example>',
  'a@b.com\nBcc: x@evil.example',
  '"x@evil.example> "@ok.com',
  'x@evil.example (c).ok.com',
  'x@evil.example,y@ok.com',
  'x@evil.example;y@ok.com',
  'Ana <x@evil.example>',
  '<x@evil.example>',
  'x@[127.0.0.1]',
  'x@127.0.0.1',
  'x@localhost',
  'x@-a.com',
  'x@a..com',
  '.x@a.com',
  'x..y@a.com',
  'x@a.com.',
  'x@a_b.com',
  'x@@a.com',
  '@a.com',
  'x@',
  'x@a',
  `${'a'.repeat(65)}@a.com`,
  `a@${'a.'.repeat(150)}com`,
  'x\0@a.com',
  'x@a.com\0',
  'x y@a.com',
  'x%evil.example@a.com\0',
  'пример@a.com',
  '=?utf-8?q?x?=@a.com\r\n',
  '+14155550123;ext=1',
  '+14155550123x2',
  '+14155550123,,9',
  '+14155550123#',
  '*67+14155550123',
  '1-800-FLOWERS',
  '+1800FLOWERS',
  '+999123456789',
  '+0123456789',
  '+1',
  '+',
  '++14155550123',
  '+1415555012345678',
  `+${'1'.repeat(200)}`,
  '0'.repeat(320),
  '14155550123, 14155550124',
  '+1415555\x0a3',
  '+1415555\u00070123',
  '+881612345678',
  '+19005550123',
  'tel:',
  'sip:+14155550123@evil.example',
  '<script>',
];

test('what is no plain address and no phone is refused before anybody is called', async () => {
  for (const recipient of wrongRecipients) {
    const started = await start({ recipient });
    assert.equal(started.status, 422, JSON.stringify(recipient));
    assert.deepEqual(refusal(started).pointers, ['/recipient'], JSON.stringify(recipient));
    const { status } = await send('POST', '/v1/checks', { recipient, code: '123456' });
    assert.ok([404, 422].includes(status), JSON.stringify(recipient));
    const to = { channels: ['sms', { channel: 'email', to: recipient }] };
    assert.equal((await start(to)).status, 422, JSON.stringify(recipient));
  }
});

const spellings = [
  '+1 415-555-2671',
  '0014155552671',
  '+1 (415) 555-2671',
  '+1 415\u2011555\u20112671',
  'tel:+14155552671',
  ' +14155552671 ',
  '\u00a0+14155552671',
  '+1415\u200d5552671',
  '\u202b+14155552671',
  '\uff0b\uff11\uff14\uff11\uff15\uff15\uff15\uff15\uff12\uff16\uff17\uff11',
  '+\u0661\u0664\u0661\u0665\u0665\u0665\u0665\u0662\u0666\u0667\u0661',
];

test('one phone in any spelling is one recipient with one limit', async () => {
  assert.equal((await start({ recipient: '+14155552671' })).status, 201);
  for (const recipient of [...spellings, '(415) 555-2671', '415.555.2671']) {
    const { status, body } = await start({ recipient, country: 'US' });
    assert.ok([422, 429].includes(status), `${recipient}: ${status}`);
    if (status === 429) assert.equal(body.limit.name, 'recipient_sends_interval');
  }
  const folded = [
    'ana.b@gmail.com',
    'anab@gmail.com',
    'ANAB+x@GMAIL.com',
    'a.n.a.b@googlemail.com',
  ];
  const statuses = [];
  for (const recipient of folded) statuses.push((await start({ recipient })).status);
  assert.deepEqual(statuses, [201, 429, 429, 429]);
});

/** JSON of any shape, its names and texts taken from the tables half of the time. */
const text = fc.oneof(
  fc.constantFrom(...Object.values(hostileTexts)),
  fc.string({ unit: 'binary' }),
);
const name = (fields: readonly string[]) => fc.constantFrom(...fields, ...hostileNames);
const anything = (fields: readonly string[]) =>
  fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(text, fc.double(), fc.integer(), fc.boolean(), fc.constant(null)),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(name(fields), tie('value'), { maxKeys: 5 }),
    ),
  })).value;

const shapes: readonly (readonly [string, string, object])[] = [
  ['POST', '/v1/verifications', { recipient: 'ana@example.com', channels: ['sms'], code: {} }],
  ['POST', '/v1/checks', { recipient: '+14155550123', code: '123456', transaction: {} }],
  ['PUT', '/v1/templates/any', { variants: [{ channel: 'sms', text: '{{code}}' }] }],
  ['PATCH', '/v1/application', { sender: 'ACME', limits: {}, countries: [], providers: {} }],
  ['POST', '/v1/sandbox/clock', { advanceSeconds: 1 }],
];

for (const [method, path, example] of shapes) {
  test(`any JSON at all gets an answer of the contract from ${method} ${path}`, async () => {
    const body = fc
      .dictionary(name(Object.keys(example)), anything(Object.keys(example)), { maxKeys: 6 })
      .map((fields) => ({ ...example, ...fields }));
    const property = fc.asyncProperty(fc.oneof(body, anything([])), async (value) => {
      // Half of a surrogate pair is the one thing that JSON.stringify writes and is no JSON here.
      if ((await send(method, path, value)).status === 400) {
        assert.match(JSON.stringify(value), /\\ud[89a-f]/);
      }
    });
    await fc.assert(property, { numRuns: 150 });
    await server.call('POST', '/v1/sandbox/reset');
  });
}

test('the log is one JSON object on each line, and names no recipient', () => {
  for (const line of logLines(server)) {
    assert.equal(typeof JSON.parse(line), 'object');
    assert.doesNotMatch(line, /\+1415\d{7}|victim@|evil\.example|"level":"(error|fatal)"/);
  }
});
