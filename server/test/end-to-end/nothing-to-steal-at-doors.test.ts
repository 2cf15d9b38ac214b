import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { FacadeName } from '#compat/names.ts';
import { type RunningServer, startDevelopmentServer, waitFor } from './running-server.ts';
import { assertHidden, filesIn, type Searched } from './secret-search.ts';
import { basic, nationalPart, vendorNames } from './vendor-doors.ts';

/**
 * The canary test at the vendors' doors (security.md, L-01 and L-02): codes, credentials and
 * recipients are typed through each façade in every way that its clients type them, in addresses,
 * headers, forms and parts, rightly and wrongly. Then every byte that the server kept, printed or
 * answered is searched for them.
 */
const roundsPerDoor = 6;
/** An answer shows the number again, in full, because the vendor's does. */
const showsRecipient: readonly FacadeName[] = ['verifynow', 'smscx'];

type Shown = Readonly<Record<string, string>>;
type Pairs = Readonly<Record<string, string>>;

interface Call {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: Pairs;
  readonly headers?: Pairs;
  readonly json?: object;
  readonly form?: Pairs;
  readonly parts?: Pairs;
}

// biome-ignore lint/suspicious/noExplicitAny: JSON of whatever shape the vendor has.
type Ask = (call: Call) => Promise<any>;

/** One person at one door: everything that is said is in `secrets` from then on. */
interface Round {
  readonly ask: Ask;
  readonly shown: Shown;
  readonly recipient: string;
  readonly mobile: string;
  /** A code of the caller's own. */
  readonly ownCode: string;
  readonly round: number;
  /** The code in the newest message, as the person reads it; it is searched for as well. */
  readCode(): Promise<string>;
  keepSecret(...secrets: readonly (string | undefined)[]): void;
}

/** What an operator names for each, so that none of it stands in `dev-credentials.json`. */
const named: Readonly<Record<FacadeName, Shown>> = {
  verifynow: { customerId: 'C-AB12CD34EF56', password: 'Kanarienvogel-verifynow-1' },
  smscx: { applicationId: 'canary-application', applicationSecret: 'Kanarienvogel-smscx-22' },
  capillary: { tillId: 'canary.till', password: 'Kanarienvogel-capillary-3' },
  fast2sms: { authorization: 'KanarienvogelFast2smsKanarienvogelFast2smsKanarienvogel4' },
  pega: { username: 'canary-operator', password: 'Kanarienvogel-pega-5' },
};

function md5(text: string | undefined): string {
  return createHash('md5')
    .update(text ?? '')
    .digest('hex');
}

const flows: Readonly<Record<FacadeName, (use: Round) => Promise<void>>> = {
  async verifynow({ ask, shown: { customerId = '', key = '' }, mobile, readCode, keepSecret }) {
    const { token } = await ask({
      method: 'GET',
      path: '/auth/v1/authentication/token',
      query: { customerId, key },
    });
    assert.ok(token);
    keepSecret(token, key, Buffer.from(key, 'base64').toString());
    const headers = { authToken: token };
    const send = { customerId, countryCode: '91', flowType: 'SMS', mobileNumber: mobile };
    const { data } = await ask({
      path: '/verification/v3/send',
      query: { ...send, otpLength: '8' },
      headers,
    });
    const { verificationId } = data;
    const code = await readCode();
    const path = '/verification/v3/validateOtp';
    const guess = { customerId, verificationId, code, mobileNumber: mobile };
    await ask({ method: 'GET', path, query: guess, headers: { authToken: `${token}x` } });
    await ask({ method: 'GET', path: `${path}/none`, query: guess, headers });
    await ask({ method: 'GET', path, query: { ...guess, verificationId: '7' }, headers });
    await ask({ path, form: { ...guess, code: `${code}0` }, headers });
    await ask({ method: 'GET', path, query: guess, headers });
    await ask({ path, json: guess, headers });
  },

  async smscx({ ask, shown, recipient, readCode, keepSecret, round }) {
    const { applicationId, applicationSecret, apiKey = '' } = shown;
    const authorization = basic(applicationId, applicationSecret);
    const { access_token: token } = await ask({
      path: '/oauth/token',
      headers: { authorization },
      form: { grant_type: 'client_credentials' },
    });
    assert.ok(token);
    keepSecret(token, apiKey, applicationSecret, authorization.slice('Basic '.length));
    const headers: Pairs =
      round % 2 === 0 ? { authorization: `Bearer ${token}` } : { 'x-api-key': apiKey };
    const { otpId } = await ask({
      path: '/otp',
      headers,
      json: {
        phoneNumber: recipient,
        pinType: 'alphanumeric',
        pinLength: 10,
        otpCallbackUrl: 'https://callbacks.invalid/otp',
      },
    });
    const pin = await readCode();
    await ask({ path: `/otp/${otpId}`, headers: { 'x-api-key': `${apiKey}0` }, json: { pin } });
    await ask({ path: `/otp/%zz?pin=${pin}`, headers, json: { pin } });
    await ask({ path: `/otp/${otpId}`, headers, json: { pin: `${pin}0` } });
    await ask({ path: `/otp/${otpId}`, headers, form: { pin } });
    await ask({ path: `/otp/${otpId}`, headers, json: { pin } });
    await ask({ method: 'GET', path: `/otp/${otpId}`, headers });
    await ask({ method: 'GET', path: '/applications', headers });
    await ask({ method: 'GET', path: `/applications/${applicationId}`, headers });
  },

  async capillary({ ask, shown, recipient, readCode, keepSecret, round }) {
    const { tillId, password, key = '', secret = '' } = shown;
    const authorization = basic(tillId, md5(password));
    const { data } = await ask({ path: '/v3/oauth/token/generate', json: { key, secret } });
    const { accessToken } = data;
    assert.ok(accessToken);
    keepSecret(accessToken, password, md5(password), key, secret);
    const headers: Pairs =
      round % 2 === 0 ? { 'X-CAP-API-OAUTH-TOKEN': accessToken } : { authorization };
    const entity = { entityType: 'MOBILE', entityValue: recipient, action: 'GENERIC' };
    await ask({ path: '/v2/otp/generate', headers, json: entity });
    const code = await readCode();
    const guess = { ...entity, code };
    await ask({ path: '/v2/otp/validate', headers, json: { ...guess, action: 'COUPON' } });
    await ask({ path: '/v2/otp/validate', headers, json: { ...guess, entityType: 'NONE' } });
    await ask({ path: '/v2/otp/validate', headers, json: { ...guess, code: `${code}0` } });
    await ask({ path: '/v2/otp/generate', headers, json: entity });
    await ask({ path: '/v2/otp/validate', headers, json: guess });
    await ask({ path: '/v2/otp/validate', headers, json: guess });
    await ask({ method: 'GET', path: '/v2/otp', query: { entityValue: recipient }, headers });
    const wrongKey = { key, secret: `${secret}0` };
    await ask({ path: '/v3/oauth/token/generate', json: wrongKey });
  },

  async fast2sms({ ask, shown, mobile, ownCode, readCode, keepSecret, round }) {
    const { authorization = '', otpId = '' } = shown;
    keepSecret(authorization, ownCode);
    const inQuery = { authorization };
    const headers = inQuery;
    const code = { route: 'otp', variables_values: ownCode, numbers: mobile };
    const quick = { route: 'q', message: `${ownCode} is your code`, numbers: mobile };
    const sends: readonly Omit<Call, 'path'>[] = [
      { method: 'GET', query: { ...inQuery, ...code } },
      { headers, form: quick },
      { headers, parts: code },
      { query: inQuery, json: { requests: [quick] } },
      // It waits in the storage for its time.
      { headers, json: { ...quick, schedule_time: inAnHour() } },
    ];
    const send = sends[round % sends.length];
    if (send !== undefined) await ask({ path: '/dev/bulkV2', ...send });
    await ask({ path: '/dev/bulkV2', headers, form: { ...code, route: 'none' } });
    await ask({ method: 'GET', path: '/dev/none', query: { ...inQuery, ...code } });
    await ask({ method: 'GET', path: '/compat/fast2sms/none', query: { ...inQuery, ...code } });
    await ask({ path: '/dev/otp/send', headers, json: { mobile, otp_id: otpId, otp: ownCode } });
    const drawn = await readCode();
    const guess = { mobile, otp: drawn };
    await ask({
      path: '/dev/otp/verify',
      headers: { authorization: `${authorization}0` },
      json: guess,
    });
    await ask({ path: '/dev/otp/verify', query: inQuery, parts: { mobile, otp: `${drawn}0` } });
    await ask({ path: '/dev/otp/resend', headers, form: { mobile } });
    await ask({ path: '/dev/otp/verify', headers, form: guess });
    await ask({ path: '/dev/otp/verify', headers, parts: guess });
  },

  async pega({ ask, shown: { username, password }, recipient, readCode, keepSecret }) {
    const authorization = basic(username, password);
    keepSecret(password, authorization.slice('Basic '.length));
    const headers = { authorization };
    const otp = '/prweb/PRRestService/api/v1/authenticate/otp';
    const json = { SMSSettings: { ToPhoneNumber: recipient } };
    const { ReferenceID } = await ask({ path: `${otp}/sms`, headers, json });
    const OTPValue = await readCode();
    const query = { OTPValue, ReferenceID };
    const path = `${otp}/verify`;
    const stranger = { authorization: basic(username, `${password}0`) };
    await ask({ method: 'GET', path, query, headers: stranger });
    await ask({ method: 'GET', path: `${otp}/none`, query, headers });
    await ask({ method: 'GET', path, query: { ...query, OTPValue: `${OTPValue}0` }, headers });
    await ask({ method: 'GET', path, query, headers });
    await ask({ method: 'GET', path, query, headers });
  },
};

/** In Indian time, which the vendor's clients write. */
function inAnHour(): string {
  const moment = new Date(Date.now() + (5.5 + 1) * 3_600_000);
  return moment.toISOString().slice(0, 16).replace(/[T:]/g, '-');
}

const watchword = fileURLToPath(new URL('../../bin/watchword.mjs', import.meta.url));

/** As an operator makes them for clients that keep what they have. */
async function makeCredentials(server: RunningServer, facade: FacadeName): Promise<Shown> {
  const port = new URL(server.url).port;
  const env = { PATH: process.env['PATH'], WATCHWORD_DATA: server.folder, WATCHWORD_PORT: port };
  const whose = ['--application', server.application];
  const words = [
    'credentials',
    'create',
    facade,
    ...whose,
    '--with',
    JSON.stringify(named[facade]),
  ];
  const { stdout } = await promisify(execFile)(process.execPath, [watchword, ...words, '--json'], {
    env,
  });
  return { ...named[facade], ...(JSON.parse(stdout) as Shown) };
}

interface Said {
  readonly secrets: ReadonlySet<string>;
  readonly recipients: ReadonlySet<string>;
  readonly answers: readonly (Searched & { readonly facade: FacadeName })[];
}

async function exercise(server: RunningServer): Promise<Said> {
  const secrets = new Set<string>();
  const recipients = new Set<string>();
  const answers: (Searched & { facade: FacadeName })[] = [];
  for (const [at, facade] of vendorNames.entries()) {
    const shown = await makeCredentials(server, facade);
    for (let round = 0; round < roundsPerDoor; round++) {
      const recipient = `+91${9_417_386_205 + at * 1_009 + round * 97}`;
      recipients.add(recipient).add(nationalPart(recipient));
      const ask: Ask = async (call) => {
        const { text, headers } = await send(server, call);
        // The one answer that gives a token is meant to.
        const body = text.replace(/"(token|access_token|accessToken)":"[^"]+"/, '');
        const name = `an answer of ${facade} at ${call.path.slice(0, 40)}`;
        answers.push({ name, facade, bytes: Buffer.from(body + JSON.stringify([...headers])) });
        return JSON.parse(text);
      };
      await flows[facade]({
        ask,
        shown,
        recipient,
        mobile: nationalPart(recipient),
        ownCode: String(7_300_000_019 + at * 7_919 + round * 104_729),
        round,
        async readCode() {
          const code = await newestCode(server, recipient);
          secrets.add(code);
          return code;
        },
        keepSecret(...all) {
          for (const one of all) if (one !== undefined) secrets.add(one);
        },
      });
    }
  }
  return { secrets, recipients, answers };
}

async function send(
  server: RunningServer,
  call: Call,
): Promise<{ text: string; headers: Headers }> {
  const { method = 'POST', path, query, headers = {}, json, form, parts } = call;
  const fields = new FormData();
  for (const [name, value] of Object.entries(parts ?? {})) fields.set(name, value);
  const body = parts ? fields : form ? new URLSearchParams(form) : json && JSON.stringify(json);
  const response = await fetch(
    `${server.url}${path}${query ? `?${new URLSearchParams(query)}` : ''}`,
    {
      method,
      headers: {
        ...headers,
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body }),
    },
  );
  return { text: await response.text(), headers: response.headers };
}

async function newestCode(server: RunningServer, recipient: string): Promise<string> {
  const query = new URLSearchParams({ recipient, limit: '1' });
  const message = await waitFor(async () => {
    const { body } = await server.call('GET', `/v1/sandbox/messages?${query}`);
    return body.items[0] as { text: string } | undefined;
  });
  const code = /\b[A-Z0-9]{8,10}\b/.exec(message.text)?.[0];
  assert.ok(code, 'the message has a code of eight symbols or more');
  return code;
}

test('no byte that is kept, printed or answered shows what vendors’ clients typed', async () => {
  const server = await startDevelopmentServer({ WATCHWORD_LOG_LEVEL: 'debug' });
  try {
    const roomy = { recipientSendIntervalSeconds: 0 };
    const settings = { code: { length: 10, alphabet: 'digits' }, limits: roomy };
    assert.equal((await server.call('PATCH', '/v1/application', settings)).status, 200);
    const { secrets, recipients, answers } = await exercise(server);
    const { body } = await server.call('GET', '/v1/verifications?status=approved&limit=200');
    assert.equal(body.items.length, roundsPerDoor * vendorNames.length, 'every round ended well');
    const whileRunning = filesIn(server.folder);
    assert.equal(await server.stop(), 0);
    const kept = [
      ...whileRunning,
      ...filesIn(server.folder),
      { name: 'the log', bytes: Buffer.from(server.output()) },
    ];
    assert.ok(secrets.size > roundsPerDoor * vendorNames.length, 'codes were read');
    assertHidden(secrets, [...kept, ...answers]);
    const silent = answers.filter(({ facade }) => !showsRecipient.includes(facade));
    assertHidden(recipients, [...kept, ...silent]);
    // The search finds what is there: two vendors' answers show the number, as those do.
    const [recipient = ''] = recipients;
    assert.throws(() => assertHidden([nationalPart(recipient)], answers));
    const log = server.output();
    for (const path of ['/dev/bulkV2', '/verification/v3/validateOtp', '/otp/:otpId']) {
      assert.ok(log.includes(path), `the log tells of ${path}`);
    }
  } finally {
    await server.remove();
  }
});
