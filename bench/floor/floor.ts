/**
 * The floor: the least that starts and checks a one-time code over HTTP and keeps it through a
 * crash. One thread, one table, one POST. It has no limits, no seal, no outbox, no application, no
 * retry: what a product costs beyond this is what it does beyond this.
 *
 *     node floor.ts <port> <database file> <gateway port>
 */
import { createHmac, createSecretKey, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { Pool } from 'undici';

const [port = '0', file = ':memory:', gatewayPort = '0'] = process.argv.slice(2);
const lifetimeMs = 300_000;
const checksMax = 5;
const bodyMax = 4_096;

// Made once: on Node 24 an HMAC takes a third more of everything when its key is a Buffer.
const key = createSecretKey(randomBytes(32));
const database = new DatabaseSync(file);
database.exec(`
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS verification (
    id TEXT PRIMARY KEY, recipient_hash BLOB NOT NULL, code_hash BLOB NOT NULL,
    created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    checks_left INTEGER NOT NULL, is_approved INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX IF NOT EXISTS by_recipient ON verification (recipient_hash, created_at);
`);
const insert = database.prepare(
  `INSERT INTO verification (id, recipient_hash, code_hash, created_at, expires_at, checks_left)
   VALUES (?, ?, ?, ?, ?, ?)`,
);
const consume = database.prepare(
  `UPDATE verification SET checks_left = checks_left - 1
   WHERE id = ? AND checks_left > 0 AND is_approved = 0 AND expires_at > ? RETURNING code_hash`,
);
const approve = database.prepare(
  'UPDATE verification SET is_approved = 1 WHERE id = ? AND is_approved = 0',
);
const gateway = new Pool(`http://127.0.0.1:${gatewayPort}`, { connections: 64 });

/** All writes of one turn of the event loop are one transaction, answered after its commit. */
let waiting: { write: () => unknown; done: (value: unknown) => void }[] = [];

function inCommit<Value>(write: () => Value): Promise<Value> {
  return new Promise((done) => {
    if (waiting.length === 0) setImmediate(commit);
    waiting.push({ write, done: done as (value: unknown) => void });
  });
}

function commit(): void {
  const turn = waiting;
  waiting = [];
  database.exec('BEGIN IMMEDIATE');
  const values = turn.map(({ write }) => write());
  database.exec('COMMIT');
  turn.forEach(({ done }, at) => {
    done(values[at]);
  });
}

function keyedHash(text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** A time-ordered head, so that rows are added at the end of the table, and 128 random bits. */
function newId(): string {
  return `${Date.now().toString(36)}${randomBytes(16).toString('hex')}`;
}

async function start({ recipient }: Record<string, unknown>): Promise<[number, object]> {
  if (typeof recipient !== 'string' || !/^\+[1-9]\d{6,14}$/.test(recipient)) {
    return [422, { error: 'recipient must be a number in E.164' }];
  }
  const id = newId();
  const code = String(randomInt(1_000_000)).padStart(6, '0');
  const codeHash = keyedHash(`${id} ${recipient} ${code}`);
  const nowMs = Date.now();
  await inCommit(() =>
    insert.run(id, keyedHash(recipient), codeHash, nowMs, nowMs + lifetimeMs, checksMax),
  );
  const body = JSON.stringify({ to: recipient, text: `Your code is ${code}.`, code });
  const headers = { 'content-type': 'application/json' };
  gateway
    .request({ method: 'POST', path: '/', headers, body })
    .then((answer) => answer.body.dump())
    .catch((error: Error) => process.stderr.write(`${error.message}\n`));
  return [201, { id, recipient, status: 'pending', expiresAt: nowMs + lifetimeMs }];
}

async function check(input: Record<string, unknown>): Promise<[number, object]> {
  const { id, code, recipient } = input;
  if (typeof id !== 'string' || typeof code !== 'string' || typeof recipient !== 'string') {
    return [422, { error: 'id, recipient and code must be texts' }];
  }
  const given = keyedHash(`${id} ${recipient} ${code}`);
  // The guess is spent before it is judged, and both are one turn's commit.
  const isApproved = await inCommit(() => {
    const row = consume.get(id, Date.now());
    const isRight = row?.['code_hash'] instanceof Uint8Array && isSame(row['code_hash'], given);
    return isRight && approve.run(id).changes === 1;
  });
  return [200, { id, approved: isApproved }];
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

function readJson(request: IncomingMessage): Promise<Record<string, unknown> | null> {
  return new Promise((answer) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > bodyMax) request.destroy();
    });
    request.on('end', () => {
      try {
        const value: unknown = JSON.parse(text);
        answer(typeof value === 'object' ? (value as Record<string, unknown> | null) : null);
      } catch {
        answer(null);
      }
    });
  });
}

function send(response: ServerResponse, [status, body]: readonly [number, object]): void {
  const text = JSON.stringify(body);
  const length = Buffer.byteLength(text);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': length });
  response.end(text);
}

const verbs = new Map([
  ['/start', start],
  ['/check', check],
]);

createServer(async (request, response) => {
  if (request.method === 'GET') return send(response, [200, {}]);
  const verb = verbs.get(request.url ?? '');
  if (request.method !== 'POST' || verb === undefined) return send(response, [404, {}]);
  const input = await readJson(request);
  if (input === null) return send(response, [400, { error: 'the body must be a JSON object' }]);
  send(response, await verb(input));
}).listen(Number(port), '127.0.0.1');
