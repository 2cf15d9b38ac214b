/**
 * better-auth with its phone-number plugin, as its documentation sets it up, behind a plain Node
 * server. Runs in a folder where `package-lock.json` was installed:
 *
 *     node server.mjs <port> <gateway port> postgres <url> | sqlite <file>
 *
 * The rate limiter is off, because it counts by address and there is one; so are logs. The cap of
 * guesses per code keeps its default.
 */
import { Agent, createServer, request } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { phoneNumber } from 'better-auth/plugins';
import pg from 'pg';

const [port, gatewayPort, kind, place] = process.argv.slice(2);
const poolMax = 20;
const agent = new Agent({ keepAlive: true, maxSockets: 256 });

/** The cheapest client that Node has of its own; it is awaited, as the plugin does by default. */
function post(body) {
  return new Promise((done, failed) => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const options = { host: '127.0.0.1', port: gatewayPort, method: 'POST', agent, headers };
    const call = request(options, (answer) => {
      answer.resume();
      answer.once('end', done);
    });
    call.once('error', failed);
    call.end(body);
  });
}

function openDatabase() {
  if (kind === 'postgres') return new pg.Pool({ connectionString: place, max: poolMax });
  const database = new DatabaseSync(place);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  return database;
}

const auth = betterAuth({
  baseURL: `http://127.0.0.1:${port}`,
  secret: 'a secret of the benchmark, which guards nothing',
  database: openDatabase(),
  logger: { disabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  plugins: [
    phoneNumber({
      sendOTP: ({ phoneNumber: to, code }) =>
        post(JSON.stringify({ to, text: `Your code is ${code}.`, code })),
      signUpOnVerification: { getTempEmail: (number) => `${number.slice(1)}@example.com` },
    }),
  ],
});

const { runMigrations } = await getMigrations(auth.options);
await runMigrations();
createServer(toNodeHandler(auth)).listen(Number(port), '127.0.0.1');
