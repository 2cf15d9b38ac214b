import assert from 'node:assert/strict';
import test from 'node:test';
import { logLines, type RunningServer, waitFor } from '../end-to-end/running-server.ts';
import type { Bytes, ReadRecord, SentRecord } from '../parts/kafka-client.ts';
import {
  askOver,
  assertShowNone,
  codesOf,
  type KafkaSite,
  longCode,
  makeTopics,
  nameTopics,
  openSite,
  repliesOf,
  startNode,
  untilReplies,
} from './kafka-site.ts';

const topics = nameTopics();
const recipient = 'user@example.com';
/** As the vendor's pages show it. */
const generate = {
  templateName: 'otpMail',
  channel: 'MAIL',
  language: 'en-US',
  clientId: '1871201460101',
  recipient,
  contentParams: { clientId: '1871201460101' },
};
const headers = [
  ['processInstanceId', '739452'],
  ['destinationId', 'node'],
  ['destinationId', Buffer.from([0, 1, 10, 255])],
  ['nothing', null],
  ['empty', ''],
] as const;

interface Site extends KafkaSite {
  readonly node: RunningServer;
  /** Sends one command and answers its reply, which is found by the key. */
  ask(topic: 'generate' | 'validate', sent: Omit<SentRecord, 'topic'>): Promise<ReadRecord>;
}

function withAsking(site: KafkaSite, node: RunningServer): Site {
  return {
    ...site,
    node,
    ask: (name, sent) =>
      askOver(site.client, topics[`${name}Out`], { topic: topics[`${name}In`], ...sent }),
  };
}

test('FlowX.AI’s processes run unchanged over a real broker', async (t) => {
  const opened = await openSite(t);
  if (opened === null) return;
  await makeTopics(opened.client, topics, 2, { 'max.message.bytes': '8000000' });
  const node = await startNode(opened.broker.address(), topics, {
    FLOWX_OTP_LENGTH: String(longCode.length),
  });
  const site = withAsking(opened, node);
  try {
    await t.test('a code goes out and comes back, every byte of the reply as it has to be', () =>
      goThrough(site),
    );
    await t.test('a second command replaces the code, and a code is good for once', () =>
      replace(site),
    );
    await t.test('clients that share a phone each have a live code', () => sharePhone(site));
    await t.test('a command for another recipient replaces the code of its client', () =>
      moveRecipient(site),
    );
    await t.test('a process may hand over whole objects, whatever else lies in them', () =>
      takeFromObjects(site),
    );
    await t.test('whatever stands against a command is told in its reply', () => refuse(site));
    await t.test('what nobody can be told of goes, without its contents, to the dead letters', () =>
      bury(site),
    );
    await t.test('metrics count what was answered and what was buried', () => count(site));
    await t.test('no code, recipient or client is in the log or at rest in the clear', () =>
      assertNothingShown(site),
    );
  } finally {
    await node.remove();
    await opened.end();
  }
});

async function goThrough({ ask, node }: Site): Promise<void> {
  const key = Buffer.from([0, 255, 7, 0]);
  const reply = await ask('generate', { key, headers, value: JSON.stringify(generate) });
  assertReply(
    reply,
    '{"processInstanceId":739452,"clientId":"1871201460101","channel":"MAIL",' +
      '"otpSent":true,"error":null}',
  );
  const code = (await untilCodes(node, recipient, 1))[0];
  assert.match(code ?? '', /^\d{10}$/);
  const guess = (otp: string | undefined) => ({
    key,
    headers,
    value: JSON.stringify({ clientId: '1871201460101', channel: 'MAIL', otp }),
  });
  assertReply(
    await ask('validate', guess(code)),
    '{"processInstanceId":739452,"clientId":"1871201460101","channel":"MAIL","otpValid":true}',
  );

  function assertReply(found: ReadRecord, body: string): void {
    assert.deepEqual(found.key, key);
    assert.deepEqual(
      found.headers,
      headers.map(([name, value]) => [name, value === null ? null : Buffer.from(value)]),
    );
    assert.equal(found.value?.toString(), body);
  }
}

async function replace(site: Site): Promise<void> {
  const { ask, node } = site;
  const to = 'twice@example.com';
  const value = JSON.stringify({ ...generate, clientId: 'twice', recipient: to });
  const isSent = async () => JSON.parse(String((await ask('generate', { value })).value)).otpSent;
  assert.equal(await isSent(), true);
  assert.equal(await isSent(), true, 'a second code may be asked for at once');
  const [first, second] = await untilCodes(node, to, 2);
  const verdicts: boolean[] = [];
  for (const otp of [first === second ? '' : first, second, second]) {
    verdicts.push(await isValid(site, { clientId: 'twice', channel: 'MAIL', otp }));
  }
  assert.deepEqual(verdicts, [false, true, false]);
}

async function sharePhone(site: Site): Promise<void> {
  const to = '+14155550123';
  let codes: string[] = [];
  for (const [at, clientId] of ['anna', 'bob'].entries()) {
    const value = JSON.stringify({ ...generate, channel: 'SMS', clientId, recipient: to });
    await site.ask('generate', { value });
    codes = await untilCodes(site.node, to, at + 1);
  }
  const [annas, bobs] = codes;
  const isAnnas = await isValid(site, { clientId: 'anna', channel: 'SMS', otp: annas });
  const isBobs = await isValid(site, { clientId: 'bob', channel: 'SMS', otp: bobs });
  assert.deepEqual([isAnnas, isBobs], [true, true]);
}

async function moveRecipient(site: Site): Promise<void> {
  const recipients = ['before@example.com', 'moved@example.com'];
  const codes: (string | undefined)[] = [];
  for (const to of recipients) {
    const value = JSON.stringify({ ...generate, clientId: 'moved', recipient: to });
    await site.ask('generate', { value });
    codes.push((await untilCodes(site.node, to, 1))[0]);
  }
  const [before, now] = codes;
  const guess = (otp: string | undefined) => ({ clientId: 'moved', channel: 'MAIL', otp });
  const isFirstGood = before !== now && (await isValid(site, guess(before)));
  assert.deepEqual([isFirstGood, await isValid(site, guess(now))], [false, true]);
}

async function isValid({ ask }: Site, guess: object): Promise<boolean> {
  const { value } = await ask('validate', { value: JSON.stringify(guess) });
  return JSON.parse(String(value)).otpValid;
}

/** The template prints one value; the rest is more, longer and deeper than any text may print. */
async function takeFromObjects({ ask, node }: Site): Promise<void> {
  const client_name = '{{ client_name }}';
  const variants = [
    {
      ...{ channel: 'email', language: 'en', prefix: null, html: null },
      ...{ subject: `For ${client_name}`, text: `${client_name}: {{ otpValue }}` },
    },
  ];
  const saved = await node.call('PUT', '/v1/templates/order', { variants });
  assert.ok(saved.status < 300, saved.text);
  const items = Array.from({ length: 5_000 }, (_, at) => ({ id: at, story: 'x'.repeat(100) }));
  let deep: object = {};
  for (let depth = 0; depth < 500; depth += 1) deep = { deep };
  const data = { items, deep, story: 'x'.repeat(10_000), client: { name: 'Ann', deep } };
  const to = 'objects@example.com';
  const command = { ...generate, templateName: 'order', clientId: 'objects', recipient: to, data };
  const { value } = await ask('generate', { value: JSON.stringify(command) });
  assert.equal(JSON.parse(String(value)).error, null);
  await untilCodes(node, to, 1);
  const query = new URLSearchParams({ recipient: to });
  const { body } = await node.call('GET', `/v1/sandbox/messages?${query}`);
  assert.match(body.items[0].text, /^Ann: \d{10}$/);
  assert.equal(body.items[0].subject, 'For Ann');
}

/** Each with the fields that differ from a good command, or with a value of its own. */
const refused: readonly (readonly [string, object | Bytes, RegExp])[] = [
  ['an unknown template', { templateName: 'none' }, /template/i],
  ['no template', { templateName: undefined }, /templateName must be/],
  ['an unknown channel', { channel: 'FAX' }, /channel must be SMS or MAIL/],
  ['PUSH', { channel: 'PUSH' }, /PUSH is not served/],
  ['a channel of another type', { channel: {} }, /channel must be/],
  ['a bad recipient', { recipient: 'nobody' }, /./],
  ['a number where mail is to go', { recipient: '+14155550123' }, /./],
  ['several recipients', { recipient: ['a@example.com'] }, /recipient must be one/],
  ['no client', { clientId: undefined, contentParams: {} }, /clientId must be/],
  ['a long client', { clientId: 'x'.repeat(256), contentParams: {} }, /clientId must be/],
  ['parameters that are no object', { contentParams: 'x' }, /contentParams must be an object/],
  ['a variable too few', { templateName: 'order', data: { client: {} } }, /variable client_name/],
  [
    'too long a variable',
    { templateName: 'order', data: { client: { name: 'x'.repeat(201) } } },
    /variable client_name is longer than 200 characters\. Shorten it/,
  ],
  ['a language that is none', { language: 'x'.repeat(40) }, /language must be/],
  ['no JSON', 'not json', /no JSON object/],
  ['an array', '[1]', /no JSON object/],
  ['bytes that are no text', Buffer.from([0xc3, 0x28, 0]), /no JSON object/],
  ['nothing', null, /no JSON object/],
  ['5 MB', `{"clientId":"${'x'.repeat(5_000_000)}"}`, /longer than 1048576 bytes/],
];

async function refuse({ ask }: Site): Promise<void> {
  for (const [name, differing, sentence] of refused) {
    const isFields = typeof differing === 'object' && !Buffer.isBuffer(differing);
    const value =
      isFields && differing !== null ? JSON.stringify({ ...generate, ...differing }) : differing;
    const reply = await ask('generate', {
      headers: [['processInstanceId', '9007199254740993']],
      value: value as Bytes,
    });
    const text = String(reply.value);
    const body = JSON.parse(text);
    assert.match(text, /^\{"processInstanceId":9007199254740993,/, name);
    assert.deepEqual(
      Object.keys(body),
      ['processInstanceId', 'clientId', 'channel', 'otpSent', 'error'],
      name,
    );
    assert.equal(body.otpSent, false, name);
    assert.ok(text.length < 2_000, `${name}: a reply gives back no more than it has to`);
    assert.match(body.error, sentence, name);
  }
  const guesses = [
    { clientId: 'nobody', channel: 'MAIL', otp: '1111' },
    { clientId: generate.clientId, channel: 'SMS', otp: '1111' },
    { clientId: generate.clientId, channel: 'MAIL', otp: { a: 1 } },
    { channel: 'MAIL', otp: '1111' },
  ];
  for (const guess of guesses) {
    const reply = await ask('validate', { value: JSON.stringify(guess) });
    const { channel, clientId = null } = guess;
    const expected = { processInstanceId: 0, clientId, channel, otpValid: false };
    assert.equal(String(reply.value), JSON.stringify(expected));
  }
  const longKey = await ask('validate', {
    key: Buffer.alloc(3_000_000, 'k'),
    value: JSON.stringify({ ...guesses[0] }),
  });
  assert.equal(JSON.parse(String(longKey.value)).otpValid, false);
}

async function bury({ client, ask }: Site): Promise<void> {
  const secret = 'Anna Smith 123456';
  const poison = [
    { value: `not json ${secret}`, key: secret, headers: [['trace', 'a\u0000b\n']] as const },
    { value: null, headers: [[secret, secret]] as const },
    { value: `["${secret}"]`, key: null },
  ];
  for (const sent of poison) {
    await client.send([{ topic: topics.generateIn, partition: 0, ...sent }]);
  }
  await client.send([{ topic: topics.validateIn, value: `{"${secret}` }]);
  const letters = await untilReplies(client, topics.deadLetter, poison.length + 1);
  for (const letter of letters) {
    assert.ok(![letter.value, ...letter.headers.flat()].some((one) => one?.includes(secret)));
    const reason = letter.headers.find(([name]) => name === 'watchword-dead-letter-reason');
    assert.equal(String(reason?.[1]), 'unreadable');
    const told = JSON.parse(String(letter.value));
    assert.deepEqual(Object.keys(told), [
      ...['reason', 'topic', 'partition', 'offset', 'timestamp', 'valueBytes', 'fields'],
      'otherFields',
    ]);
    assert.equal(letter.key, null);
  }
  assert.deepEqual(letters.map(({ value }) => JSON.parse(String(value)).topic).sort(), [
    ...[...poison.map(() => topics.generateIn), topics.validateIn].sort(),
  ]);
  // The partition goes on behind them.
  const after = { ...generate, clientId: 'after', recipient: 'after@example.com' };
  const reply = await ask('generate', { partition: 0, value: JSON.stringify(after) });
  assert.equal(JSON.parse(String(reply.value)).otpSent, true);
}

async function count({ node, client }: Site): Promise<void> {
  const text = await (await fetch(new URL('/metrics', node.url))).text();
  const gauge = (name: string) =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.slice(name.length),
    );
  assert.equal(gauge('watchword_kafka_connected'), 1);
  const handled = (topic: string, outcome: string) =>
    gauge(`watchword_kafka_commands_total{topic="${topic}",outcome="${outcome}"}`);
  assert.deepEqual(
    [handled(topics.generateIn, 'dead_letter'), handled(topics.validateIn, 'dead_letter')],
    [3, 1],
  );
  for (const name of ['generate', 'validate'] as const) {
    const replies = repliesOf(client, topics[`${name}Out`]).length;
    assert.equal(handled(topics[`${name}In`], 'answered'), replies, name);
  }
}

async function assertNothingShown({ node, client }: Site): Promise<void> {
  const codes = [
    ...(await codesOf(node, recipient)),
    ...(await codesOf(node, 'twice@example.com')),
    ...(await codesOf(node, '+14155550123')),
  ];
  assert.ok(codes.length >= 5);
  const shown = [...logLines(node), ...client.records.map(({ value }) => String(value))];
  const recipients = [recipient, 'twice@example.com', 'objects@example.com', '+14155550123'];
  assertShowNone(shown, { recipients, codes });
  const { body } = await node.call('GET', '/v1/verifications?limit=50');
  for (const { origin, purpose } of body.items) {
    assert.equal(origin, 'flowx');
    assert.match(purpose, /^flowx:[\w-]{12}$/);
  }
  assert.ok(!JSON.stringify(body).includes(generate.clientId));
}

function untilCodes(node: RunningServer, to: string, count: number): Promise<string[]> {
  return waitFor(async () => {
    const codes = await codesOf(node, to);
    return codes.length >= count ? codes : null;
  });
}
