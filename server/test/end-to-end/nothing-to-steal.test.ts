import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, type RunningServer, startDevelopmentServer } from './running-server.ts';
import { assertHidden, filesIn } from './secret-search.ts';

/**
 * The canary test (security.md, L-01 and L-02): known codes and recipients go through everything
 * that the server does, and then every byte it kept, printed or answered is searched for them.
 * Codes are long letters and digits, so that nothing matches by chance.
 */
const letters = 'ABCDEFGHJKMNPQRSTUVWXYZ';

function canaryCode(number: number): string {
  let rest = number * 7_919 + 104_729;
  let code = 'Q7';
  while (code.length < 10) {
    code += letters[rest % letters.length];
    rest = Math.floor(rest / letters.length) + 31 * code.length;
  }
  return code;
}

function canaryRecipient(number: number): string {
  return number % 2 === 0
    ? `+1415555${String(2600 + number).padStart(4, '0')}`
    : `canary.person${number}@mail.example.org`;
}

async function exercise(server: RunningServer, secrets: Set<string>): Promise<Answer[]> {
  const answers: Answer[] = [];
  const call = async (method: string, path: string, body?: unknown, headers = {}) => {
    const answer = await server.call(method, path, body, headers);
    answers.push(answer);
    return answer;
  };
  for (let number = 0; number < 60; number++) {
    const recipient = canaryRecipient(number);
    const customCode = canaryCode(number);
    secrets.add(recipient).add(customCode);
    const idempotencyKey = { 'idempotency-key': `canary-${number}` };
    const start = { recipient, customCode, variables: {}, reference: `order-${number}` };
    const { status, body } = await call('POST', '/v1/verifications', start, idempotencyKey);
    assert.equal(status, 201);
    await call('POST', '/v1/verifications', start, idempotencyKey);
    const path = `/v1/verifications/${body.id}`;
    if (number % 3 === 0) await call('POST', `${path}/check`, { code: 'WRONG77777' });
    if (number % 4 !== 0) {
      await call('POST', `${path}/check`, { code: customCode }, idempotencyKey);
    }
    if (number % 5 === 0) await call('POST', `${path}/cancel`, {});
    await call('GET', path);
    // Mistakes must not repeat what they were made with.
    await call('POST', '/v1/verifications', { ...start, channel: 'zalo', checksMax: 99 });
    await call('POST', '/v1/checks', { recipient, code: `${customCode}XXXXXXXXXX` });
    await call('GET', `/v1/verifications?recipient=${encodeURIComponent(recipient)}`);
  }
  await call('POST', '/v1/sandbox/clock', { advanceSeconds: 40 });
  for (let number = 0; number < 60; number += 8) {
    const recipient = canaryRecipient(number);
    const { body } = await call('GET', `/v1/verifications?reference=order-${number}`);
    await call('POST', `/v1/verifications/${body.items[0]?.id}/resend`, {});
    await call('POST', '/v1/checks', { recipient, code: canaryCode(number) });
  }
  // What is drawn by the server itself is read from the phone, and must stand nowhere else.
  await call('POST', '/v1/verifications', {
    recipient: canaryRecipient(1000),
    code: { alphabet: 'alphanumeric', length: 10 },
  });
  secrets.add(canaryRecipient(1000));
  const { body } = await server.call('GET', '/v1/sandbox/messages?limit=1');
  const drawn = /\b[A-Z0-9]{10}\b/.exec(body.items[0].text)?.[0];
  assert.ok(drawn !== undefined);
  secrets.add(drawn);
  return answers;
}

test('no byte of the data folder, the logs and the answers shows a secret', async () => {
  const secrets = new Set<string>();
  let server = await startDevelopmentServer({ WATCHWORD_LOG_LEVEL: 'debug' });
  try {
    const answers = await exercise(server, secrets);
    // Once with the write-ahead log as a running server leaves it, once after it was closed.
    const whileRunning = filesIn(server.folder);
    assert.equal(await server.stop(), 0);
    const searched = [
      ...whileRunning,
      ...filesIn(server.folder),
      { name: 'the log', bytes: Buffer.from(server.output()) },
      ...answers.map(({ text, headers }) => ({
        name: 'an answer',
        bytes: Buffer.from(text + JSON.stringify([...headers])),
      })),
    ];
    const database = searched.findLast(({ name }) => name.endsWith('watchword.db'));
    assert.ok(database !== undefined && database.bytes.length > 50_000, 'the database was found');
    assertHidden(secrets, searched);
    // The search itself finds what is there: the masked form is shown on purpose.
    const masked = Buffer.from('c•••@mail.example.org');
    assert.ok(searched.some(({ bytes }) => bytes.includes(masked)));
    server = await server.restart();
  } finally {
    await server.remove();
  }
});
