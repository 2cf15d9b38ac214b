import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { CommandContext } from '#cli/command.ts';
import { commands } from '#cli/commands.ts';
import { runCommand } from '#cli/run-command.ts';
import type { Environment } from '#src/config.ts';
import { writeCredentials } from '#src/data-folder.ts';

interface Ran {
  readonly exitCode: number;
  readonly printed: string;
  readonly complained: string;
}

/** Runs a command that must not open anything. */
async function runAlone(argv: readonly string[], environment: Environment = {}): Promise<Ran> {
  const printed: string[] = [];
  const complained: string[] = [];
  const unexpected = (): never => assert.fail('Nothing may be opened for this call.');
  const context: CommandContext = {
    environment,
    version: '1.2.3',
    print: (line) => printed.push(line),
    complain: (line) => complained.push(line),
    runServer: async (config, mode) => (mode === 'dev' ? config.port - 8080 : 3),
    inspectDatabase: unexpected,
    inspectKafka: unexpected,
    openStorage: unexpected,
    migratePostgres: unexpected,
    openService: unexpected,
    createProviders: () => ({ ok: true, value: [] }),
  };
  const exitCode = await runCommand(argv, context);
  return { exitCode, printed: printed.join('\n'), complained: complained.join('\n') };
}

const wrongCalls: readonly (readonly [argv: string, says: RegExp])[] = [
  ['', /^Watchword 1\.2\.3[\s\S]*api-key create <application>/],
  ['nonsense', /^"nonsense" is not a command/],
  ['application', /^Say what to do: watchword application create, .*show/],
  ['application destroy', /^Say what to do/],
  ['help nonsense', /is not a command/],
  ['application create', /takes <name>\. See: watchword application create --help$/],
  ['application create a b', /takes <name>/],
  ['dev now', /takes no further words/],
  ['check vf_1', /takes <id> <code>/],
  ['keys generate --force', /Unknown option '--force'\. See: watchword keys generate --help$/],
  ['send +14155550123 --channel', /--channel/],
  ['provider test sandbox', /with --to <recipient>/],
  ['provider test sandbox --to 123', /does not say its country/],
  ['send +14155550123 --url foo', /^--url must be an http or https address\. See: watchword send/],
  ['send +14155550123 --api-key ключ', /^An API key has no spaces .*--api-key/],
  ['application change app_1 countries=DE', /must be a JSON object/],
];

test('a wrong call exits with 2, says what is right on stderr and prints nothing', async () => {
  for (const [argv, says] of wrongCalls) {
    const ran = await runAlone(argv.split(' ').filter((word) => word !== ''));
    assert.equal(ran.exitCode, 2, argv);
    assert.match(ran.complained, says);
    assert.equal(ran.printed, '');
  }
});

test('every command explains itself in plain text', async () => {
  for (const { name, summary, words } of commands) {
    for (const argv of [
      [...name.split(' '), '--help'],
      ['help', ...name.split(' ')],
    ]) {
      const ran = await runAlone(argv);
      assert.equal(ran.exitCode, 0, name);
      assert.ok(ran.printed.includes(summary) && ran.printed.includes('--json'));
      for (const word of words) assert.ok(ran.printed.includes(`<${word}>`));
      assert.ok(!ran.printed.includes('\u001b'));
    }
  }
});

test('the version is printed alone', async () => {
  for (const word of ['--version', '-v', 'version']) {
    assert.deepEqual(await runAlone([word]), { exitCode: 0, printed: '1.2.3', complained: '' });
  }
});

test('a server runs in its mode, and its exit code is that of the call', async () => {
  assert.equal((await runAlone(['dev'], { WATCHWORD_PORT: '8087' })).exitCode, 7);
  const keys = `k1:${Buffer.alloc(32).toString('base64')}`;
  assert.equal((await runAlone(['serve'], { WATCHWORD_KEYS: keys })).exitCode, 3);
});

test('wrong settings stop every command that reads them, one sentence each', async () => {
  const ran = await runAlone(['dev'], { WATCHWORD_PORT: 'x', WATCHWORD_LOG: '1' });
  assert.equal(ran.exitCode, 1);
  assert.equal(ran.complained.split('\n').length, 2);
  assert.equal((await runAlone(['keys', 'generate'], { WATCHWORD_PORT: 'x' })).exitCode, 0);
});

test('a generated key is a ring of its own, and --json prints it as JSON alone', async () => {
  const plain = await runAlone(['keys', 'generate']);
  const json = await runAlone(['keys', 'generate', '--json']);
  assert.match(plain.printed, /^k\d{8}-[0-9a-f]{6}:[A-Za-z0-9+/]{43}=$/);
  const parsed: unknown = JSON.parse(json.printed);
  assert.ok(typeof parsed === 'object' && parsed !== null && 'key' in parsed);
  assert.notEqual(parsed.key, plain.printed);
});

test('parts of credentials that are no JSON object are wrong use', async () => {
  for (const parts of ['', '{', '[]', 'null', '"x"']) {
    const ran = await runAlone(['credentials', 'create', 'verifynow', '--with', parts]);
    assert.equal(ran.exitCode, 2);
    assert.match(ran.complained, /must be a JSON object/);
  }
});

/** A server that answers one thing and remembers what it was asked. */
async function withServer(
  status: number,
  body: unknown,
  work: (url: string, asked: { path: string; key: string; body: string }[]) => Promise<void>,
): Promise<void> {
  const asked: { path: string; key: string; body: string }[] = [];
  const server: Server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    asked.push({
      path: request.url ?? '',
      key: request.headers.authorization ?? '',
      body: text,
    });
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await work(`http://127.0.0.1:${port}`, asked);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

const nowhere = { WATCHWORD_DATA: '/nonexistent', WATCHWORD_API_KEY: 'wk_from_environment' };

test('send starts a verification with the options and the key that are given', async () => {
  const verification = {
    id: 'vf_1',
    recipient: '+14•••••0123',
    channel: 'sms',
    expiresAt: '2026-01-01T00:05:00.000Z',
  };
  await withServer(201, verification, async (url, asked) => {
    const argv = ['send', '+14155550123', '--purpose', 'login', '--url', `${url}/`];
    const ran = await runAlone(argv, nowhere);
    assert.equal(ran.exitCode, 0, ran.complained);
    assert.match(ran.printed, /vf_1: a code is on its way to \+14•••••0123 by sms\./);
    const json = await runAlone([...argv, '--json', '--api-key', 'wk_given'], nowhere);
    assert.deepEqual(JSON.parse(json.printed), verification);
    assert.deepEqual(
      asked.map(({ path, key, body }) => [path, key, JSON.parse(body)]),
      ['wk_from_environment', 'wk_given'].map((key) => [
        '/v1/verifications',
        `Bearer ${key}`,
        { recipient: '+14155550123', purpose: 'login' },
      ]),
    );
  });
});

/** A data folder with the credentials of a development server. */
async function withCredentials(url: string, work: (folder: string) => Promise<void>) {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-cli-'));
  try {
    writeCredentials(folder, { url, application: 'app_1', apiKey: 'wk_development' });
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('the development key goes to the development server and to nobody else', async () => {
  const argv = ['check', 'vf_1', '123456'];
  await withServer(200, { approved: true }, async (url, asked) => {
    const { port } = new URL(url);
    await withCredentials(url, async (folder) => {
      const own = { WATCHWORD_DATA: folder };
      for (const options of [[], ['--url', url], ['--url', `${url}/`]]) {
        assert.equal((await runAlone([...argv, ...options], own)).exitCode, 0);
      }
    });
    await withCredentials('http://127.0.0.1:9', async (folder) => {
      // The port of the settings on this machine, by whichever name.
      const loopback = { WATCHWORD_DATA: folder, WATCHWORD_PORT: port };
      for (const name of ['127.0.0.1', 'localhost']) {
        const options = ['--url', `http://${name}:${port}`];
        assert.equal((await runAlone([...argv, ...options], loopback)).exitCode, 0);
      }
      assert.deepEqual(new Set(asked.map(({ key }) => key)), new Set(['Bearer wk_development']));
      asked.length = 0;
      const elsewhere = { WATCHWORD_DATA: folder };
      for (const other of [
        url,
        `${url}/v1`,
        'https://verify.example.com',
        'http://127.0.0.1:9/x',
      ]) {
        const ran = await runAlone([...argv, '--url', other], elsewhere);
        assert.equal(ran.exitCode, 1);
        assert.match(ran.complained, /development key is for .* --api-key or in WATCHWORD_API_KEY/);
      }
      assert.deepEqual(asked, []);
      const given = { ...elsewhere, WATCHWORD_API_KEY: 'wk_given' };
      assert.equal((await runAlone([...argv, '--url', url], given)).exitCode, 0);
      assert.deepEqual(
        asked.map(({ key }) => key),
        ['Bearer wk_given'],
      );
    });
  });
});

test('check exits with 0 for an approval and with 1 for every other verdict', async () => {
  const verdicts = [
    [{ approved: true, reason: null, proof: 'e30.e30.c2ln' }, 0, /^Approved\.\nProof: e30/],
    [{ approved: false, reason: 'wrong_code', checksLeft: 2 }, 1, /code is wrong\. .*left: 2/],
    [{ approved: false, reason: 'expired' }, 1, /^Not approved: the code has expired\.$/],
    [{ approved: false, reason: 'brand_new' }, 1, /^Not approved: brand_new\.$/],
  ] as const;
  for (const [verdict, exitCode, says] of verdicts) {
    await withServer(200, verdict, async (url, asked) => {
      const ran = await runAlone(['check', 'vf/1', '123456', '--url', url], nowhere);
      assert.equal(ran.exitCode, exitCode);
      assert.match(ran.printed, says);
      assert.equal(ran.complained, '');
      assert.equal(asked[0]?.path, '/v1/verifications/vf%2F1/check');
      const json = await runAlone(['check', 'vf_1', '1', '--url', url, '--json'], nowhere);
      assert.equal(json.exitCode, exitCode);
      assert.deepEqual(JSON.parse(json.printed), verdict);
    });
  }
});

test('what the server refuses is told in its own words, with --json on stderr too', async () => {
  const answers = [
    [403, { code: 'forbidden', detail: 'This is not yours.' }, /^This is not yours\.$/],
    [401, { detail: 'x' }, /does not know this API key\. Set WATCHWORD_API_KEY/],
    [502, '<html>', /answered 502 without a reason/],
  ] as const;
  for (const [status, body, says] of answers) {
    await withServer(status, body, async (url) => {
      const ran = await runAlone(['send', 'x', '--url', url, '--json'], nowhere);
      assert.equal(ran.exitCode, 1);
      assert.equal(ran.printed, '');
      assert.match(ran.complained, says);
    });
  }
});

test('words that the server cannot take are wrong use, and a place is named once', async () => {
  const errors = [{ pointer: '/channel' }, { pointer: '/variants/0' }];
  const answers = [
    [422, { code: 'recipient_invalid', detail: 'This is no number.' }, 2],
    [400, { code: 'request_malformed', detail: 'Wrong.' }, 2],
    [404, { code: 'verification_not_found', detail: 'Gone.' }, 1],
    [409, { code: 'verification_exists', detail: 'Wait.' }, 1],
    [422, { code: 'country_not_allowed', detail: 'Not there.' }, 1],
    [429, { code: 'limit_reached', detail: 'Later.' }, 1],
  ] as const;
  for (const [status, body, exitCode] of answers) {
    await withServer(status, body, async (url) => {
      const ran = await runAlone(['send', 'x', '--url', url], nowhere);
      assert.equal(ran.exitCode, exitCode, ran.complained);
      assert.ok(ran.complained.startsWith(body.detail));
    });
  }
  const detail = '/channel must be one of sms, email.';
  await withServer(422, { code: 'request_invalid', detail, errors }, async (url) => {
    const ran = await runAlone(['send', 'x', '--url', url], nowhere);
    assert.ok(ran.complained.startsWith(`${detail} (/variants/0) See: `), ran.complained);
  });
});

test('on its own machine a server is asked where it listens, not at its public URL', async () => {
  await withServer(200, { approved: true, proof: 'p' }, async (url, asked) => {
    const { port } = new URL(url);
    for (const host of ['127.0.0.1', '0.0.0.0']) {
      const settings = {
        WATCHWORD_HOST: host,
        WATCHWORD_PORT: port,
        WATCHWORD_PUBLIC_URL: 'https://watchword.invalid',
      };
      const ran = await runAlone(['check', 'vf_1', '1'], { ...nowhere, ...settings });
      assert.equal(ran.exitCode, 0, ran.complained);
    }
    assert.equal(asked.length, 2);
  });
});

test('without a server, send says how to start one', async () => {
  let gone = '';
  await withServer(200, {}, async (url) => {
    gone = url;
  });
  const ran = await runAlone(['send', '+14155550123', '--url', gone], nowhere);
  assert.equal(ran.exitCode, 1);
  assert.ok(
    ran.complained.startsWith(`No server answers at ${gone} (ECONNREFUSED). Start one there, or`),
  );
  const wrong = await runAlone(['send', 'x', '--url', 'localhost:8080'], nowhere);
  assert.match(wrong.complained, /http or https/);
});

test('a command that breaks says so in a sentence and exits with 1', async () => {
  const ran = await runAlone(['application', 'list']);
  assert.equal(ran.exitCode, 1);
  assert.equal(ran.complained, 'Nothing may be opened for this call.');
});
