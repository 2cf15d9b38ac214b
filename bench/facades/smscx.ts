import { fetchToken, type Vendor } from './vendor.ts';

/** With a token, as the vendor's SDKs do it. */
export const smscx: Vendor = {
  name: 'smscx',
  numbersOf: 'DE',
  rules: {
    allowShortCodes: true,
    lifetimeSecondsMax: 1_800,
    limits: { recipientSendIntervalSeconds: 0 },
  },
  async open({ applicationId = '', applicationSecret = '' }, base) {
    const account = Buffer.from(`${applicationId}:${applicationSecret}`).toString('base64');
    const token = await fetchToken(
      `${base}/oauth/token`,
      {
        method: 'POST',
        headers: { authorization: `Basic ${account}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'otp' }),
      },
      ({ access_token }) => access_token,
    );
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    return [
      {
        title: 'SMS.CX',
        workload: 'pairs',
        calls: {
          start: {
            method: 'POST',
            path: '/otp',
            headers,
            body: '{"phoneNumber":"+{{number}}","template":"Your code is {{ pin }}","ttl":300}',
          },
          started: { status: 201, contains: '"status":"PENDING"' },
          idAfter: '"otpId":"',
          check: {
            method: 'POST',
            path: '/otp/{{id}}',
            headers,
            body: '{"pin":"{{code}}"}',
          },
          approved: { status: 200, contains: '"status":"VERIFIED"' },
          wrong: { status: 400, contains: '"code":' },
        },
        native: {
          start:
            '{"recipient":"+{{number}}","channel":"sms","purpose":"login",' +
            '"text":"Your code is {{ pin }}","lifetimeSeconds":300}',
          check: '{"code":"{{code}}"}',
        },
      },
    ];
  },
};
