import assert from 'node:assert/strict';
import { facadesNamed } from '#compat/index.ts';
import type { FacadeName } from '#compat/names.ts';
import type { BodyRules } from '#compat/read-bodies.ts';
import { decimalHandle, uuidHandle, wordHandle } from '#domain/handle.ts';
import { canaryCode } from './hostile-calls.ts';
import type { HeaderFields, RunningServer } from './running-server.ts';
import {
  basic,
  type Credentials,
  nationalPart,
  openDoors,
  readVendorCredentials,
  vendorNames,
} from './vendor-doors.ts';

/** One call of a vendor's with every field that it takes, so that each can be made wrong. */
export interface VendorCall {
  readonly facade: FacadeName;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** On the vendor's own host; the same call at each of them. */
  paths(): readonly string[];
  readonly headers: HeaderFields;
  query?(): Readonly<Record<string, string>>;
  body?(): Readonly<Record<string, unknown>>;
  /** Which types its body may have. */
  readonly reads: BodyRules['reads'];
  /** The same code reads another call of the list, so a part of the hostile values is enough. */
  readonly isLikeAnother?: true;
  /** It is there to be refused: the vendor has other calls at these paths. */
  readonly isUnknown?: true;
}

export interface VendorCalls {
  readonly calls: readonly VendorCall[];
  /** What opens the doors: it may stand in no answer and not in the log. */
  readonly secrets: readonly string[];
  /** Not in the log either; each stands in the one answer that gave it. */
  readonly tokens: readonly string[];
  /** Begins a verification anew at a façade; the calls name that one from now on. */
  renew(facade: FacadeName): Promise<void>;
}

/** A digit string that must stand in no answer, where only digits are a code. */
export const canaryDigits = '7391846205';

let mobiles = 0;

/** Mobile numbers of India, each once: no limit hides a mistake. */
export function nextMobile(): string {
  mobiles += 1;
  return `+91${9_700_000_000 + mobiles}`;
}

interface Live {
  readonly id: string;
  readonly recipient: string;
}

type LiveOf = (facade: FacadeName) => Live;

type CallsOf = (
  given: Credentials,
  live: LiveOf,
  tokens: Tokens,
) => readonly Omit<VendorCall, 'facade' | 'reads'>[];

interface Tokens {
  readonly verifynow: string;
  readonly capillary: string;
}

const isLikeAnother = true as const;

/** Clients write each path with a slash at its end too. */
function either(path: string): () => readonly string[] {
  return () => [path, `${path}/`];
}

const verifynow: CallsOf = ({ verifynow: account }, live, tokens) => {
  const { customerId = '', key = '' } = account;
  const headers = { authToken: tokens.verifynow };
  const methods = ['GET', 'POST'] as const;
  const ask = { customerId, key, scope: 'NEW', country: '91', email: 'ana@example.com' };
  const send = () => ({
    customerId,
    countryCode: '91',
    flowType: 'SMS',
    mobileNumber: nationalPart(nextMobile()),
    otpLength: '6',
    type: 'OTP',
    message: 'none of ours',
  });
  const validate = () => {
    const { id, recipient } = live('verifynow');
    const mobileNumber = nationalPart(recipient);
    const verificationId = decimalHandle(id);
    return { customerId, verificationId, code: canaryDigits, mobileNumber, countryCode: '91' };
  };
  const tokenPaths = either('/auth/v1/authentication/token');
  const sendV2 = either('/verification/v2/verification/send');
  const validateV2 = either('/verification/v2/verification/validateOtp');
  const validateV3 = either('/verification/v3/validateOtp');
  return [
    ...methods.map((method) => ({ method, paths: tokenPaths, headers: {}, query: () => ask })),
    { method: 'POST', paths: tokenPaths, headers: {}, body: () => ask, isLikeAnother },
    { method: 'POST', paths: either('/verification/v3/send'), headers, query: send },
    { method: 'POST', paths: either('/verification/v3/send'), headers, body: send },
    { method: 'POST', paths: sendV2, headers, query: send, isLikeAnother },
    { method: 'POST', paths: sendV2, headers, body: send, isLikeAnother },
    { method: 'GET', paths: validateV3, headers, query: validate },
    { method: 'POST', paths: validateV3, headers, body: validate },
    ...[validateV2, validateV3].flatMap((paths) =>
      methods.map(
        (method) => ({ method, paths, headers, query: validate, isLikeAnother }) as const,
      ),
    ),
    ...([...methods, 'PUT', 'PATCH', 'DELETE'] as const).map((method) => ({
      method,
      paths: () => ['/verification/v3/resend', '/auth/v1/other'],
      headers,
      isUnknown: true as const,
    })),
  ];
};

const smscx: CallsOf = ({ smscx: account }, live) => {
  const { applicationId = '', applicationSecret, apiKey = '' } = account;
  const headers = { 'x-api-key': apiKey };
  const otpPath = () => [`/otp/${uuidHandle(live('smscx').id)}`];
  const get = (path: string) => ({ method: 'GET' as const, paths: () => [path], headers });
  return [
    {
      method: 'POST',
      paths: () => ['/oauth/token'],
      headers: { authorization: basic(applicationId, applicationSecret) },
      body: () => ({ grant_type: 'client_credentials', scope: 'otp sms' }),
    },
    {
      method: 'POST',
      paths: () => ['/otp'],
      headers,
      body: () => ({
        phoneNumber: nextMobile(),
        to: nextMobile(),
        countryIso: 'IN',
        from: 'InfoText',
        template: 'Your PIN: {{pin}}',
        template_hi: 'PIN: {{pin}}',
        ttl: 300,
        maxAttempts: 3,
        pinType: 'alphanumeric',
        pinLength: 8,
        trackId: '3b90b6d3-4fd6-40d8-9b2d-310cb50f201d',
        otpCallbackUrl: 'https://example.com/otp',
      }),
    },
    { method: 'GET', paths: otpPath, headers },
    { method: 'POST', paths: otpPath, headers, body: () => ({ pin: canaryCode }) },
    { method: 'DELETE', paths: otpPath, headers },
    get('/applications'),
    get('/applications/scopes'),
    get(`/applications/${applicationId}`),
  ];
};

const capillary: CallsOf = ({ capillary: account }, live, tokens) => {
  const { key = '', secret = '' } = account;
  const headers = { 'x-cap-api-oauth-token': tokens.capillary };
  const entity = (entityValue: string) => ({
    entityType: 'MOBILE',
    entityValue,
    action: 'GENERIC',
  });
  return [
    {
      method: 'POST',
      paths: either('/v3/oauth/token/generate'),
      headers: {},
      body: () => ({ key, secret }),
    },
    {
      method: 'POST',
      paths: either('/v2/otp/generate'),
      headers,
      body: () => {
        const mobile = nextMobile();
        return {
          ...entity(mobile),
          channels: [
            { type: 'SMS', value: mobile },
            { type: 'EMAIL', value: 'ana@example.com' },
            { type: 'WHATSAPP', value: mobile },
          ],
          template: 'Your code: {{validation_code}}',
          emailTemplate: { subject: 'Code', body: '<b>{{validation_code}}</b>' },
          whatsappTemplateName: 'login',
          zaloTemplateIdentifier: 'login',
        };
      },
    },
    {
      method: 'POST',
      paths: either('/v2/otp/validate'),
      headers,
      body: () => ({ ...entity(live('capillary').recipient), code: canaryDigits }),
    },
    { method: 'GET', paths: either('/v2/otp'), headers },
  ];
};

const fast2sms: CallsOf = ({ fast2sms: account }, live) => {
  const { authorization = '', otpId = '', dltMessageId = '' } = account;
  const headers = { authorization };
  const numbers = () => `${nationalPart(nextMobile())},${nationalPart(nextMobile())}`;
  const quick = () => ({
    route: 'q',
    message: 'A text without a code',
    language: 'english',
    flash: '0',
    numbers: numbers(),
    schedule_time: '',
  });
  const approved = () => ({
    route: 'dlt',
    sender_id: 'FSTSMS',
    message: dltMessageId,
    variables_values: `${canaryDigits}|`,
    variables: '{#AA#}',
    entity_id: '1234567890123456789',
    template_id: '1234567890123456789',
    numbers: numbers(),
  });
  const code = () => ({ route: 'otp', variables_values: canaryDigits, numbers: numbers() });
  const list = () => ({ requests: [quick(), { ...code(), numbers: [numbers()] }] });
  const inQuery = { authorization };
  const inUrl = () => ({ ...inQuery, ...quick() });
  const [bulk, bulkV2] = [either('/dev/bulk'), either('/dev/bulkV2')];
  const otp = (path: string, body: () => Readonly<Record<string, unknown>>) =>
    ({ method: 'POST', paths: either(`/dev/otp/${path}`), headers, body }) as const;
  const named = () => {
    const { id, recipient } = live('fast2sms');
    return { mobile: nationalPart(recipient), request_id: wordHandle(id) };
  };
  return [
    { method: 'GET', paths: bulkV2, headers: {}, query: inUrl },
    { method: 'POST', paths: bulkV2, headers, body: quick },
    { method: 'POST', paths: bulkV2, headers, body: list, isLikeAnother },
    { method: 'POST', paths: bulkV2, headers, body: approved, isLikeAnother },
    { method: 'POST', paths: bulkV2, headers, body: code, isLikeAnother },
    { method: 'GET', paths: bulk, headers: {}, query: inUrl, isLikeAnother },
    { method: 'POST', paths: bulk, headers, body: quick, isLikeAnother },
    { method: 'GET', paths: either('/dev/wallet'), headers: {}, query: () => inQuery },
    {
      method: 'GET',
      paths: either('/dev/dlt_manager'),
      headers: {},
      query: () => ({ ...inQuery, type: 'template' }),
    },
    otp('send', () => ({
      mobile: nationalPart(nextMobile()),
      otp_id: otpId,
      otp: canaryDigits,
      otp_length: '6',
      otp_expiry: '10',
      variables_values: 'Ana|Shop',
    })),
    otp('verify', () => ({ ...named(), otp: canaryDigits })),
    otp('resend', named),
  ];
};

const pega: CallsOf = ({ pega: { username, password } }, live) => {
  const headers = { authorization: basic(username, password) };
  const below = (call: string) => () =>
    ['/prweb', ''].flatMap((context) => {
      const path = `${context}/PRRestService/api/v1/authenticate/otp/${call}`;
      return [path, `${path}/`];
    });
  return [
    {
      method: 'POST',
      paths: below('sms'),
      headers,
      body: () => ({
        Context: 'Login',
        ValidateMaxAge: true,
        SMSSettings: { ToPhoneNumber: nextMobile(), CorrespondenceName: 'OTPText' },
      }),
    },
    {
      method: 'POST',
      paths: below('email'),
      headers,
      body: () => ({
        Context: 'Login',
        EmailSettings: {
          ToAddress: `${nextMobile().slice(1)}@example.com`,
          Subject: 'Your password',
          EmailAccount: 'Default',
          CorrespondenceName: 'OTPMail',
        },
      }),
    },
    {
      method: 'GET',
      paths: below('verify'),
      headers,
      query: () => ({ OTPValue: canaryDigits, ReferenceID: uuidHandle(live('pega').id) }),
    },
  ];
};

const callsOf: Readonly<Record<FacadeName, CallsOf>> = {
  verifynow,
  smscx,
  capillary,
  fast2sms,
  pega,
};

/** Every call of every façade, with the credentials of the development application. */
export async function openVendorCalls(server: RunningServer): Promise<VendorCalls> {
  const credentials = readVendorCredentials(server);
  const doors = await openDoors({ servers: [server], pick: () => server.url });
  const lives = new Map<FacadeName, Live>();
  const live: LiveOf = (facade) => {
    const found = lives.get(facade);
    assert.ok(found, `nothing was begun at ${facade}`);
    return found;
  };

  async function renew(facade: FacadeName): Promise<void> {
    const recipient = nextMobile();
    assert.equal(await doors.get(facade)?.start(recipient), true, facade);
    const query = new URLSearchParams({ recipient, limit: '1' });
    const { body } = await server.call('GET', `/v1/verifications?${query}`);
    lives.set(facade, { id: body.items[0].id, recipient });
  }

  for (const facade of vendorNames) await renew(facade);
  const tokens = await askTokens(server, credentials);
  return {
    calls: facadesNamed(vendorNames).flatMap(({ name, bodies: { reads } }) =>
      callsOf[name](credentials, live, tokens).map((call) => ({ ...call, facade: name, reads })),
    ),
    secrets: secretsOf(credentials),
    tokens: Object.values(tokens),
    renew,
  };
}

async function askTokens(server: RunningServer, credentials: Credentials): Promise<Tokens> {
  const { customerId = '', key = '' } = credentials.verifynow;
  const query = new URLSearchParams({ customerId, key });
  const theirs = await fetch(`${server.url}/auth/v1/authentication/token?${query}`);
  const { token } = (await theirs.json()) as { token: string };
  const { key: clientKey, secret } = credentials.capillary;
  const path = '/v3/oauth/token/generate';
  const { body } = await server.call('POST', path, { key: clientKey, secret });
  return { verifynow: token, capillary: body.data.accessToken };
}

function secretsOf({ verifynow, smscx, capillary, fast2sms, pega }: Credentials): string[] {
  const { apiKey, applicationSecret } = smscx;
  const { password, key, secret } = capillary;
  const all = [verifynow['key'], apiKey, applicationSecret, password, key, secret];
  return [...all, fast2sms['authorization'], pega['password']].flatMap((one) => one ?? []);
}
