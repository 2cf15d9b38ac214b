import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  callServer,
  type RunningServer,
  readCode,
  startDevelopmentServer,
  waitFor,
} from './running-server.ts';

const watchword = fileURLToPath(new URL('../../bin/watchword.mjs', import.meta.url));
const commandTimeoutMs = 30_000;

interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

let server: RunningServer;
before(async () => {
  server = await startDevelopmentServer();
});
after(() => server.remove());

/** A command beside the running server, found through its data folder alone. */
function run(...argv: readonly string[]): Promise<Ran> {
  const environment = {
    PATH: process.env['PATH'],
    WATCHWORD_DATA: server.folder,
    WATCHWORD_PORT: new URL(server.url).port,
  };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [watchword, ...argv],
      { env: environment, timeout: commandTimeoutMs },
      (error, stdout, stderr) => {
        const exitCode = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1;
        resolve({ exitCode, stdout, stderr });
      },
    );
  });
}

/** What a command printed as JSON; nothing else may stand beside it. */
// biome-ignore lint/suspicious/noExplicitAny: JSON of whatever shape the command has.
async function runJson(...argv: readonly string[]): Promise<any> {
  const ran = await run(...argv, '--json');
  assert.equal(ran.exitCode, 0, ran.stderr);
  assert.equal(ran.stderr, '');
  return JSON.parse(ran.stdout);
}

test('send and check prove a recipient; a wrong code exits with 1', async () => {
  const started = await runJson('send', '+14155550140', '--purpose', 'payment');
  assert.equal(started.purpose, 'payment');
  const code = await readCode(server, '+14155550140');
  const wrong = code === '000000' ? '111111' : '000000';
  const refused = await run('check', started.id, wrong);
  assert.deepEqual([refused.exitCode, refused.stderr], [1, '']);
  assert.match(refused.stdout, /^Not approved: the code is wrong\. Checks left: 4\.\n$/);
  const approved = await run('check', started.id, code);
  assert.equal(approved.exitCode, 0);
  assert.match(approved.stdout, /^Approved\.\nProof: [\w-]+\.[\w-]+\.[\w-]+\n$/);
});

test('what cannot be sent to is refused in one sentence, exit 2', async () => {
  const ran = await run('send', '12');
  assert.deepEqual([ran.exitCode, ran.stdout], [2, '']);
  const fax = await run('send', '+14155550149', '--channel', 'fax');
  assert.equal(fax.exitCode, 2);
  assert.equal(fax.stderr.split('/channel').length, 2, fax.stderr);
  assert.equal((await run('application', 'create', '')).exitCode, 2);
  assert.equal(ran.stderr.trim().split('\n').length, 1);
});

test('an application and its key made beside the server work on it, until revoked', async () => {
  const made = await runJson('application', 'create', 'Shop');
  assert.match(made.id, /^app_/);
  assert.deepEqual(made.settings.countries, []);
  const changed = await runJson('application', 'change', 'Shop', '{"countries": ["US"]}');
  assert.deepEqual(changed.settings.countries, ['US']);
  assert.deepEqual(await runJson('application', 'show', made.id), changed);
  const listed = await runJson('application', 'list');
  assert.deepEqual(
    listed.items.map(({ id }: { id: string }) => id).sort(),
    [server.application, made.id].sort(),
  );
  const key = await runJson('api-key', 'create', 'Shop', '--label', 'checkout');
  const asShop = (): Promise<{ status: number }> =>
    callServer({ url: server.url, apiKey: key.apiKey }, 'GET', '/v1/application');
  assert.equal((await asShop()).status, 200);
  assert.equal((await run('api-key', 'revoke', key.apiKey)).exitCode, 1);
  assert.equal((await run('api-key', 'revoke', key.id)).exitCode, 0);
  await waitFor(async () => ((await asShop()).status === 401 ? true : null));
  const keys = await runJson('api-key', 'list', '--application', 'Shop');
  assert.equal(keys.items.length, 1);
  assert.equal(keys.items[0].label, 'checkout');
  assert.ok(keys.items[0].revokedAt !== null && !('apiKey' in keys.items[0]));
});

test('two applications with one name are told apart by their ids', async () => {
  const ids = [];
  for (const name of ['Twin', 'Twin']) {
    ids.push((await runJson('application', 'create', name)).id);
  }
  const ran = await run('application', 'show', 'Twin');
  assert.equal(ran.exitCode, 1);
  for (const id of ids) assert.ok(ran.stderr.includes(id), ran.stderr);
});

test('settings that the service does not take are refused, and nothing is changed', async () => {
  const ran = await run('application', 'change', server.application, '{"checksMax": 99}');
  assert.equal(ran.exitCode, 2);
  const shown = await runJson('application', 'show', server.application);
  assert.equal(shown.settings.checksMax, 5);
});

test('a template is saved from a file, used, shown and removed', async () => {
  const file = join(server.folder, 'template.json');
  writeFileSync(file, '{"variants": [{"channel": "sms", "text": "Shop says {{code}}"}]}');
  assert.equal((await run('template', 'save', 'login', file)).exitCode, 0);
  const listed = await runJson('template', 'list');
  assert.deepEqual(
    listed.items.map(({ name }: { name: string }) => name),
    ['login'],
  );
  const shown = await run('template', 'show', 'login');
  assert.match(shown.stdout, /Shop says \{\{code\}\}/);
  writeFileSync(file, shown.stdout);
  assert.equal((await run('template', 'save', 'login', file)).exitCode, 0);
  writeFileSync(file, '{"variants": [{"channel": "sms", "text": "no code"}]}');
  const refused = await run('template', 'save', 'login', file);
  assert.equal(refused.exitCode, 2);
  assert.match(refused.stderr, /\/variants\/0/);
  assert.equal((await run('template', 'delete', 'login')).exitCode, 0);
  assert.equal((await run('template', 'show', 'login')).exitCode, 1);
});

test('a template of Thymeleaf is imported, language by language', async () => {
  const file = join(server.folder, 'otpMail.html');
  const placeholder = (name: string) => ['[[$', `{${name}}]]`].join('');
  const body = `<p>Hi ${placeholder('client.name')},</p><p><b>${placeholder('otpValue')}</b></p>`;
  writeFileSync(file, body);
  const first = await run('template', 'import', file, '--subject', 'Your code');
  assert.equal(first.exitCode, 0, first.stderr);
  writeFileSync(file, 'Ihr Code: {{code}}');
  const german = ['--channel', 'MAIL', '--language', 'de', '--subject', 'Ihr Code'];
  assert.equal((await run('template', 'import', file, ...german)).exitCode, 0);
  writeFileSync(file, body.replace('Hi', 'Hello'));
  assert.equal((await run('template', 'import', file)).exitCode, 0);
  const { purposes, variants } = await runJson('template', 'show', 'otpMail');
  assert.deepEqual(purposes, []);
  assert.deepEqual(
    variants.map(({ language, subject, text, html }: Record<string, unknown>) => ({
      ...{ language, subject, text, html },
    })),
    [
      { language: 'de', subject: 'Ihr Code', text: 'Ihr Code: {{code}}', html: null },
      {
        ...{ language: 'en', subject: 'Your code', text: 'Hello {{client_name}},\n{{code}}' },
        html: '<p>Hello {{client_name}},</p><p><b>{{code}}</b></p>',
      },
    ],
  );
  writeFileSync(file, `Hi ${placeholder('name')}`);
  const plain = await run('template', 'import', file, '--name', 'welcome', '--channel', 'SMS');
  assert.match(plain.stdout, /plain messages/);
  writeFileSync(file, `Hi ${placeholder('#dates.now()')}`);
  const refused = await run('template', 'import', file);
  assert.deepEqual([refused.exitCode, /#dates/.test(refused.stderr)], [2, true]);
  assert.equal((await run('template', 'import', join(server.folder, 'none'))).exitCode, 2);
  writeFileSync(file, 'Hi');
  const unknown = await run('template', 'import', file, '--channel', 'PUSH');
  assert.match(unknown.stderr, /--channel must be one of sms, /);
  writeFileSync(file, ' <p></p>\n');
  const empty = await run('template', 'import', file);
  assert.deepEqual([empty.exitCode, /There is no text in it/.test(empty.stderr)], [2, true]);
});

test('the doctor finds a running development server well', async () => {
  const report = await runJson('doctor');
  assert.equal(report.healthy, true, JSON.stringify(report, null, 2));
  const subjects = report.findings.map(({ subject }: { subject: string }) => subject);
  for (const subject of ['Node', 'data folder', 'key ring', 'database', 'clock', 'seals', 'port']) {
    assert.ok(subjects.includes(subject), subject);
  }
});

test('the database can be migrated beside the server', async () => {
  assert.equal((await run('migrate')).exitCode, 0);
  assert.equal((await runJson('migrate')).migrated, false);
});

test('a test message of the sandbox shows what was sent, without its text', async () => {
  const ran = await run('provider', 'test', 'sandbox', '--to', '+14155550141');
  assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr);
  assert.match(ran.stdout, /Taken for: accepted/);
  assert.ok(!ran.stdout.includes('+14155550141') && !ran.stdout.includes('test code'));
  const other = ['--to', '+14155550141', '--channel'];
  const email = await run('provider', 'test', 'sandbox', ...other, 'email');
  assert.equal(email.exitCode, 2);
  assert.match(email.stderr, /^The channel email does not reach this recipient\./);
  const unknown = await run('provider', 'test', 'pigeon', '--to', '+14155550141');
  assert.deepEqual(unknown, {
    exitCode: 1,
    stdout: '',
    stderr: 'No provider is named "pigeon". Configured: sandbox.\n',
  });
});

test('a second server on the same folder is refused in a sentence', async () => {
  const ran = await run('dev');
  assert.deepEqual([ran.exitCode, ran.stdout], [1, '']);
  assert.equal(ran.stderr.trim().split('\n').length, 1);
});

test('keys turn while the server is stopped, and what is live stays valid', async () => {
  assert.match((await run('keys', 'rotate')).stderr, /^A server runs at .* Stop it first/);
  const started = await runJson('send', '+14155550142');
  const code = await readCode(server, '+14155550142');
  await server.stop();
  const turned = await runJson('keys', 'rotate');
  assert.equal(turned.keys.length, 2);
  server = await server.restart();
  const keys = await callServer(server, 'GET', '/v1/keys');
  assert.equal(keys.body.keys.length, 2);
  const verdict = await runJson('check', started.id, code);
  assert.equal(verdict.approved, true);
  const { kid } = JSON.parse(Buffer.from(verdict.proof.split('.')[0], 'base64url').toString());
  assert.equal(kid, turned.signingKey);
});

test('credentials of a vendor are made, listed and revoked beside the server', async () => {
  const whose = ['--application', server.application];
  const made = await runJson('credentials', 'create', 'verifynow', ...whose);
  const query = new URLSearchParams({ customerId: made.customerId, key: made.key });
  const askToken = async () => {
    const answer = await fetch(`${server.url}/auth/v1/authentication/token?${query}`);
    return (await answer.json()) as { status: number; token?: string };
  };
  assert.equal((await askToken()).status, 200);
  const { items } = await runJson('credentials', 'list', 'verifynow');
  const listed = items.find(({ id }: { id: string }) => id === made.id);
  assert.equal(listed.publicId, made.customerId);
  assert.ok(!JSON.stringify(items).includes(made.key));
  await runJson('credentials', 'revoke', 'verifynow', made.customerId);
  await waitFor(async () => ((await askToken()).status === 400 ? true : undefined), 5_000);
  const unknown = await run('credentials', 'create', 'nobody', ...whose);
  assert.equal(unknown.exitCode, 2);
  assert.match(unknown.stderr, /no façade "nobody"/);
});
