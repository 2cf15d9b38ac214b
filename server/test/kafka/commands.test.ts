import assert from 'node:assert/strict';
import test from 'node:test';
import { logLines, type RunningServer, waitFor } from '../end-to-end/running-server.ts';
import type { ReadRecord, SentRecord } from '../parts/kafka-client.ts';
import {
  askOver,
  assertShowNone,
  codesOf,
  type KafkaSite,
  makeCodesLong,
  nameTopics,
  openSite,
  repliesOf,
  startNode,
  untilReplies,
} from './kafka-site.ts';

const names = nameTopics();
const commandTopic = `${names.group}.commands`;
const replyTopic = `${names.group}.replies`;
const recipient = '+14155550123';
const headers = [
  ['trace', Buffer.from([0, 255])],
  ['trace', null],
] as const;

interface Site extends KafkaSite {
  readonly node: RunningServer;
  /** Sends one command and answers its reply, which is found by the key. */
  ask(command: unknown, sent?: Omit<SentRecord, 'topic' | 'value'>): Promise<Reply>;
}

interface Reply {
  readonly record: ReadRecord;
  // The shape of a reply is what the tests look at, so it stays untyped here.
  // biome-ignore lint/suspicious/noExplicitAny: JSON of whatever shape the reply has.
  readonly body: any;
}

test('any producer starts, checks, resends and cancels over a real broker', async (t) => {
  const opened = await openSite(t);
  if (opened === null) return;
  await opened.client.createTopics(
    { [commandTopic]: 2, [replyTopic]: 2, [names.deadLetter]: 1 },
    { 'max.message.bytes': '2000000' },
  );
  await opened.client.follow([replyTopic, names.deadLetter]);
  let node = await startNode(opened.broker.address(), names, {
    WATCHWORD_KAFKA_FLOWX_ENABLED: 'false',
    WATCHWORD_KAFKA_TOPIC_COMMANDS: commandTopic,
    WATCHWORD_KAFKA_TOPIC_REPLIES: replyTopic,
  });
  const site = withAsking(opened, node);
  try {
    await makeCodesLong(node);
    await t.test('each command is answered as its call of the HTTP API is', () => goThrough(site));
    await t.test('a key that comes again does nothing and is answered alike', () => repeat(site));
    await t.test('what is refused has the code of the HTTP API', () => refuse(site));
    await t.test('what is no command is answered where a reply can be found by somebody', () =>
      answerMistakes(site),
    );
    await t.test('else it goes, without its contents, to the dead letters', () => bury(site));
    await t.test('no code and no recipient is in the log', async () => {
      const codes = await codesOf(node, recipient);
      assert.ok(codes.length > 0);
      const recipients = [recipient, '+14155550124', 'ann@example.com'];
      assertShowNone(logLines(node), { recipients, codes });
    });
    await t.test(
      'what a node had not answered when it was killed, it answers when it is back',
      async () => {
        node = await survive(site);
      },
    );
    await t.test('topics that are switched off are not missed', async () => {
      const { body } = await node.call('GET', '/readyz');
      assert.equal(body.kafka.status, 'connected');
      assert.deepEqual(body.kafka.missingTopics, []);
    });
  } finally {
    await node.remove();
    await opened.end();
  }
});

function withAsking(site: KafkaSite, node: RunningServer): Site {
  return {
    ...site,
    node,
    async ask(command, sent = {}) {
      const value = JSON.stringify(command);
      const asked = { topic: commandTopic, headers, ...sent, value };
      const record = await askOver(site.client, replyTopic, asked);
      return { record, body: JSON.parse(String(record.value)) };
    },
  };
}

async function goThrough({ ask, node }: Site): Promise<void> {
  const started = await ask({ command: 'start', recipient, reference: 'order-17', channel: null });
  assert.deepEqual(Object.keys(started.body), ['command', 'ok', 'verification']);
  assert.deepEqual(
    started.record.headers,
    headers.map(([name, value]) => [name, value]),
  );
  const { verification } = started.body;
  const { id } = verification;
  const read = await node.call('GET', `/v1/verifications/${id}`);
  const { history: _, ...now } = read.body;
  assert.deepEqual({ ...verification, deliveries: [] }, { ...now, deliveries: [] });
  assert.equal(verification.origin, 'kafka');

  const [code = ''] = await codesOf(node, recipient);
  const wrong = code === '000000' ? '000001' : '000000';
  const guessed = await ask({ command: 'check', id, code: wrong });
  assert.deepEqual(Object.keys(guessed.body), [
    ...['command', 'ok', 'verification', 'approved', 'reason'],
  ]);
  assert.equal(guessed.body.reason, 'wrong_code');
  assert.equal(guessed.body.verification.checksLeft, verification.checksLeft - 1);
  const { body: checked } = await ask({ command: 'check', id, code });
  assert.deepEqual([checked.approved, checked.reason], [true, null]);
  assert.match(checked.proof, /^[\w-]+\.[\w-]+\.[\w-]+$/);

  const mail = 'ann@example.com';
  const second = await ask({ command: 'start', recipient: mail, purpose: 'signup' });
  await node.call('POST', '/v1/sandbox/clock', { advanceSeconds: 120 });
  const resent = await ask({ command: 'resend', id: second.body.verification.id });
  assert.equal(resent.body.verification.deliveries.length, 2, JSON.stringify(resent.body));
  const canceled = await ask({ command: 'cancel', id: second.body.verification.id });
  assert.equal(canceled.body.verification.status, 'canceled');
  const gone = await ask({ command: 'check', recipient: mail, purpose: 'signup', code: '111111' });
  assert.equal(gone.body.error.code, 'verification_not_found');
}

async function repeat({ ask, node }: Site): Promise<void> {
  const to = '+14155550124';
  const key = { headers: [['Idempotency-Key', 'start-1']] } as const;
  const first = await ask({ command: 'start', recipient: to }, key);
  const again = await ask({ command: 'start', recipient: to }, key);
  assert.equal(String(again.record.value), String(first.record.value));
  assert.equal((await codesOf(node, to)).length, 1);
  const other = await ask({ command: 'start', recipient: '+14155550125' }, key);
  assert.equal(other.body.error.code, 'idempotency_key_reused');
  const twice = [...key.headers, ['idempotency-key', 'start-2']] as const;
  const two = await ask({ command: 'start', recipient: to }, { headers: twice });
  assert.equal(two.body.error.code, 'idempotency_key_invalid');
}

/** Each is refused as its call of the HTTP API is, whose error has the code that stands behind. */
const refused = [
  [{ command: 'start' }, 'POST', '/v1/verifications'],
  [{ command: 'start', recipient: 17 }, 'POST', '/v1/verifications'],
  [{ command: 'start', recipient: 'nobody' }, 'POST', '/v1/verifications'],
  [{ command: 'start', recipient, channel: 'pigeon' }, 'POST', '/v1/verifications'],
  [{ command: 'start', recipient, spare: 1, other: 2 }, 'POST', '/v1/verifications'],
  [{ command: 'start', recipient, template: 'none' }, 'POST', '/v1/verifications'],
  [{ command: 'start', recipient, customCode: 'x' }, 'POST', '/v1/verifications'],
  [{ command: 'start', recipient, text: `{{code}} ${'x'.repeat(20_000)}` }, 'POST', null],
  [{ command: 'check', recipient, code: '' }, 'POST', '/v1/checks'],
  [{ command: 'check', id: 'vf_unknown', code: '1' }, 'POST', '/v1/verifications/vf_unknown/check'],
  [{ command: 'cancel', id: 'vf_unknown' }, 'POST', '/v1/verifications/vf_unknown/cancel'],
] as const;

async function refuse({ ask, node }: Site): Promise<void> {
  for (const [command, method, path] of refused) {
    const { body } = await ask(command);
    assert.deepEqual([body.command, body.ok], [command.command, false]);
    const { code, title, detail, errors } = body.error;
    if (path === null) {
      assert.equal(code, 'body_too_large');
      continue;
    }
    const { command: _, id: __, ...fields } = { id: null, ...command };
    const answer = await node.call(method, path, fields);
    const expected = [answer.body.code, answer.body.title, answer.body.detail, answer.body.errors];
    assert.deepEqual([code, title, detail, errors], expected);
  }
  const { body } = await ask({ command: 'cancel' });
  assert.equal(body.error.detail, '/id: This field is required.');
  const soon = '+14155550126';
  const { id } = (await ask({ command: 'start', recipient: soon })).body.verification;
  const { error } = (await ask({ command: 'resend', id })).body;
  assert.equal(error.code, 'limit_reached');
  assert.ok(error.retryAfterSeconds >= 1);
}

const mistakes = [
  ['not json', 'not_json', 'The command is no JSON object. Send one.', []],
  [
    '{"command":"START"}',
    ...['request_invalid', 'This must be one of start, check, resend, cancel.'],
    ['/command'],
  ],
  [
    `{"command":"start","text":"${'x'.repeat(1_100_000)}"}`,
    ...['body_too_large', 'A command has at most 1048576 bytes.'],
    [],
  ],
] as const;

async function answerMistakes({ client }: Site): Promise<void> {
  for (const [value, code, detail, pointers] of mistakes) {
    for (const found of [{ key: `${code} by key` }, { headers: [['trace', code]] as const }]) {
      const before = repliesOf(client, replyTopic).length;
      await client.send([{ topic: commandTopic, key: null, value, ...found }]);
      const reply = (await untilReplies(client, replyTopic, before + 1)).at(-1);
      const { command, ok, error } = JSON.parse(String(reply?.value));
      assert.deepEqual([command, ok, error.code, error.detail], [null, false, code, detail]);
      const pointersOf: { pointer: string }[] = error.errors;
      assert.deepEqual(
        pointersOf.map(({ pointer }) => pointer),
        pointers,
      );
    }
  }
}

async function bury({ client, ask }: Site): Promise<void> {
  const secret = '+14155550199';
  const poison = [
    ...['not json', '[]', '{"recipient":"', `{"command":"erase","recipient":"${secret}"}`],
    ...[null, Buffer.from([0xc3, 0x28]), `{"${secret}":"${secret}"}`],
  ];
  await client.send(poison.map((value) => ({ topic: commandTopic, partition: 0, value })));
  const letters = await untilReplies(client, names.deadLetter, poison.length);
  for (const letter of letters) {
    const parts = [letter.key, letter.value, ...letter.headers.flat()];
    assert.ok(!parts.some((part) => part?.includes(secret)));
    assert.equal(JSON.parse(String(letter.value)).reason, 'unreadable');
  }
  // The partition goes on behind them.
  const { body } = await ask({ command: 'start', recipient: '+14155550127' }, { partition: 0 });
  assert.equal(body.ok, true);
}

/** Each is answered, alike where twice, and nobody has two codes. */
async function survive({ client, node }: Site): Promise<RunningServer> {
  const count = 300;
  const marks = Array.from({ length: count }, (_, at) => `killed-${at}`);
  const recipientOf = (mark: string) => `${mark}@example.com`;
  await client.send(
    marks.map((key) => ({
      ...{ topic: commandTopic, key },
      value: JSON.stringify({ command: 'start', recipient: recipientOf(key) }),
    })),
  );
  const answered = () => {
    const replies = new Map<string, Set<string>>();
    for (const { key, value } of repliesOf(client, replyTopic)) {
      const mark = String(key);
      if (mark.startsWith('killed-')) {
        replies.set(mark, (replies.get(mark) ?? new Set()).add(String(value)));
      }
    }
    return replies;
  };
  await waitFor(async () => (answered().size > 10 ? true : null));
  const early = answered().size;
  await node.kill();
  const next = await node.restart();
  await waitFor(async () => (answered().size === count ? true : null), 40_000);
  assert.ok(early < count, 'it was killed in the middle');
  for (const [mark, replies] of answered()) {
    assert.equal(replies.size, 1, mark);
    assert.equal(JSON.parse([...replies][0] ?? '').ok, true, mark);
    assert.equal(new Set(await codesOf(next, recipientOf(mark))).size, 1, mark);
  }
  return next;
}
