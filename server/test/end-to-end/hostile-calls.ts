import type { RunningServer } from './running-server.ts';

/** One call with every field that it takes, so that each of them can be made wrong. */
export interface HostileCall {
  readonly name: string;
  readonly method: 'POST' | 'PUT' | 'PATCH';
  readonly path: string;
  /** The operation in the description of the API; null for the page's own calls. */
  readonly operationId: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Made anew for each request: no recipient is used twice, so that no limit hides a mistake. */
  body(): Readonly<Record<string, unknown>>;
  /** Fields that may be of a second kind, by their pointers. */
  readonly otherKinds?: Readonly<Record<string, 'string' | 'array' | 'object'>>;
}

/** A code that must stand in no answer and no log. */
export const canaryCode = 'QX7RTZ9KWM';

let recipients = 0;

/** Valid numbers of San Francisco, each once. */
export function nextRecipient(): string {
  recipients += 1;
  return `+1415${2_000_000 + recipients}`;
}

const client = { address: '203.0.113.9', device: 'a phone', userAgent: 'Mozilla/5.0' };
const transaction = { amount: '12.50', currency: 'EUR', payee: 'Shop' };
const shared = {
  purpose: 'login',
  language: 'en',
  variables: { name: 'Ana' },
  lifetimeSeconds: 300,
  checksMax: 5,
  sender: 'ACME',
  callbackUrl: 'https://example.com/verified',
  reference: 'order-17',
  metadata: { k: 'v' },
  country: 'US',
  transaction,
  autofill: { androidAppHash: 'FA+9qCX9VSu', webOrigin: 'https://example.com' },
};

/** Three starts, because some fields exclude each other. */
const starts: readonly HostileCall[] = [
  {
    body: () => ({
      recipient: nextRecipient(),
      channel: 'sms',
      text: '{{code}} for {{name}}',
      customCode: canaryCode,
      ...shared,
    }),
  },
  {
    body: () => ({
      recipient: nextRecipient(),
      channels: [
        'sms',
        {
          channel: 'email',
          to: 'ana@example.com',
          template: 'login',
          text: '{{code}}',
          subject: 'code',
          html: '<p>{{code}}</p>',
        },
      ],
      template: 'login',
      code: { length: 6, alphabet: 'digits' },
      client,
    }),
    otherKinds: { '/channels/0': 'object', '/channels/1': 'string' } as const,
  },
  {
    body: () => ({
      recipient: nextRecipient(),
      customCode: canaryCode,
      workflow: [{ channel: 'whatsapp', timeoutSeconds: 20 }, { channel: 'sms' }],
    }),
  },
].map((one, index) => ({
  name: `a start of kind ${index + 1}`,
  method: 'POST',
  path: '/v1/verifications',
  operationId: 'startVerification',
  ...one,
}));

/** What each façade has of its own, in its vendor's words. */
const ownSettings = {
  verifynow: {},
  smscx: {
    template: 'Your PIN: {{pin}}',
    template_hi: 'PIN: {{pin}}',
    from: 'InfoText',
    pinType: 'numbers',
    pinLength: 6,
    ttl: 300,
    maxAttempts: 3,
    otpCallback: 'https://example.com/otp',
  },
  capillary: {
    otpRateLimitOneHour: 1_000,
    validateRateLimitEnabled: true,
    validateRateLimitMinutes: 15,
    validateRateLimitCount: 5,
    templates: { GENERIC: 'login' },
  },
  fast2sms: {
    otpTemplates: { '1a2b': 'login' },
    messages: { '123456': { text: 'Code {#var#}', senderId: 'FSTSMS' } },
    routes: ['otp', 'q', 'dlt'],
    oldApi: true,
  },
  pega: {
    maximumFailedAttempts: 3,
    maximumTokenAgeSeconds: 300,
    correspondences: { OTPText: 'login' },
  },
};

/** Two messages, refused in the end: an e-mail to a number, and a template that is for logins. */
const messages: readonly HostileCall[] = [
  {
    body: () => ({
      recipient: nextRecipient(),
      channel: 'email',
      text: `Your word is ${canaryCode}`,
      subject: 'A word',
      html: '<p>A word</p>',
      code: canaryCode,
      sender: 'ACME',
      sendAt: new Date(Date.now() + 3_600_000).toISOString(),
      reference: 'order-17',
      metadata: { k: 'v' },
      client,
    }),
  },
  {
    body: () => ({
      recipient: nextRecipient(),
      country: 'US',
      template: 'hostile',
      variables: { name: 'Ana' },
      language: 'en',
      code: canaryCode,
    }),
  },
].map((one, index) => ({
  name: `a message of kind ${index + 1}`,
  method: 'POST',
  path: '/v1/messages',
  operationId: 'sendMessage',
  ...one,
}));

const application: HostileCall = {
  name: 'a change of the application',
  method: 'PATCH',
  path: '/v1/application',
  operationId: 'changeApplication',
  body: () => ({
    template: null,
    sender: 'ACME',
    language: 'en',
    channel: 'sms',
    channels: ['sms', 'email'],
    code: { alphabet: 'digits', length: 6 },
    allowShortCodes: false,
    lifetimeSeconds: 300,
    lifetimeSecondsMax: 600,
    checksMax: 5,
    secondStart: 'supersede',
    resendCode: 'new',
    sendsMax: 5,
    resendWaitsSeconds: [30, 60, 120, 300],
    allowRepeatedCode: false,
    allowLandlineTexts: false,
    callbackUrl: 'https://example.com/verified',
    countries: ['US', 'DE'],
    country: 'US',
    dailyBudget: { amount: '100.00', currency: 'USD' },
    balance: { messages: 1_000_000 },
    countryDailyBudgets: { US: { amount: '10.00', currency: 'USD' } },
    providers: { sms: ['sandbox'] },
    proofLifetimeSeconds: 300,
    proofIncludesRecipient: false,
    transactionRequiredAtCheck: false,
    facades: ownSettings,
    limits: {
      recipientSendIntervalSeconds: 30,
      recipientSendsHourMax: 5,
      recipientSendsDayMax: 10,
      recipientStartsHourMax: 0,
      recipientChecksMax: 0,
      recipientChecksWindowSeconds: 900,
      addressStartsHourMax: 10,
      addressStartsDayMax: 50,
      addressFailuresHourMax: 30,
      addressFailuresDayMax: 100,
    },
  }),
  otherKinds: {
    '/countries': 'string',
    '/template': 'string',
    // Refused as a whole, whatever is wrong inside.
    '/facades/capillary/templates': 'object',
    '/facades/fast2sms/otpTemplates': 'object',
    '/facades/fast2sms/messages': 'object',
    '/facades/fast2sms/routes': 'array',
    '/facades/pega/correspondences': 'object',
  },
};

const template: HostileCall = {
  name: 'a template',
  method: 'PUT',
  path: '/v1/templates/hostile',
  operationId: 'saveTemplate',
  body: () => ({
    state: 'approved',
    purposes: ['login'],
    variants: [
      { channel: 'sms', language: 'en', prefix: '+1', text: 'Your code is {{code}}' },
      {
        channel: 'email',
        language: 'en',
        subject: 'Your code',
        text: '{{code}}',
        html: '<p>{{code}}</p>',
      },
    ],
  }),
};

/** Every call that takes a body, against a verification that is live. */
export async function hostileCalls(server: RunningServer): Promise<readonly HostileCall[]> {
  const own = { origin: server.url };
  const started = await server.call('POST', '/v1/verifications', {
    recipient: nextRecipient(),
    checksMax: 10,
  });
  const verification = `/v1/verifications/${started.body.id}`;
  const post = (name: string, path: string, operationId: string, body: object): HostileCall => ({
    name,
    method: 'POST',
    path,
    operationId,
    body: () => ({ ...body }),
  });
  const onPage = (name: string, path: string, body: () => Record<string, unknown>) =>
    ({ name, method: 'POST', path, operationId: null, headers: own, body }) as const;
  const guess = { code: canaryCode, transaction, client };
  const byRecipient = { recipient: '+14155550123', country: 'US', purpose: 'login' };
  return [
    ...starts,
    ...messages,
    post('a check', `${verification}/check`, 'checkCode', guess),
    post('a check by recipient', '/v1/checks', 'checkRecipient', { ...byRecipient, ...guess }),
    post('a resend', `${verification}/resend`, 'resendCode', { channel: 'voice' }),
    post('a cancel', `${verification}/cancel`, 'cancelVerification', {}),
    onPage('a start on the page', '/phone/verifications', () => ({
      recipient: nextRecipient(),
      channel: 'sms',
      purpose: 'login',
    })),
    onPage('a check on the page', `/phone/verifications/${started.body.id}/check`, () => ({
      code: canaryCode,
    })),
    onPage('the clock on the page', '/phone/clock', () => ({ advanceSeconds: 0 })),
    template,
    application,
    post('the clock', '/v1/sandbox/clock', 'advanceSandboxClock', { advanceSeconds: 0 }),
  ];
}

/** What forgets everything comes last, when what was kept has been looked at. */
export function resettingCalls(server: RunningServer): readonly HostileCall[] {
  return [
    {
      name: 'a reset',
      method: 'POST',
      path: '/v1/sandbox/reset',
      operationId: 'resetSandbox',
      body: () => ({}),
    },
    {
      name: 'a reset on the page',
      method: 'POST',
      path: '/phone/reset',
      operationId: null,
      headers: { origin: server.url },
      body: () => ({}),
    },
  ];
}
