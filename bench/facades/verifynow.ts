import { fetchToken, type Vendor } from './vendor.ts';

/** Version 3, parameters in the query and nothing in the body, as most of its clients call it. */
export const verifynow: Vendor = {
  name: 'verifynow',
  numbersOf: 'IN',
  rules: {
    secondStart: 'reject',
    allowShortCodes: true,
    code: { alphabet: 'digits', length: 4 },
    lifetimeSeconds: 60,
    lifetimeSecondsMax: 60,
    limits: { recipientSendIntervalSeconds: 0 },
  },
  async open({ customerId = '', key = '' }, base) {
    const query = new URLSearchParams({ customerId, key, scope: 'NEW', country: '91' });
    const url = `${base}/auth/v1/authentication/token?${query}`;
    const headers = { authToken: await fetchToken(url, {}, ({ token }) => token) };
    return [
      {
        title: 'VerifyNow',
        workload: 'pairs',
        calls: {
          start: {
            method: 'POST',
            path:
              '/verification/v3/send?countryCode=91&flowType=SMS' +
              '&mobileNumber={{national}}&otpLength=4',
            headers,
            body: '',
          },
          started: { status: 200, contains: '"message":"SUCCESS"' },
          idAfter: '"verificationId":"',
          check: {
            method: 'GET',
            path:
              '/verification/v3/validateOtp?countryCode=91&mobileNumber={{national}}' +
              '&verificationId={{id}}&code={{code}}',
            headers,
            body: '',
          },
          approved: { status: 200, contains: '"verificationStatus":"VERIFICATION_COMPLETED"' },
          wrong: { status: 200, contains: '"responseCode":702' },
        },
        native: {
          start:
            '{"recipient":"+{{number}}","channel":"sms","purpose":"login",' +
            '"code":{"alphabet":"digits","length":4}}',
          check: '{"code":"{{code}}"}',
        },
      },
    ];
  },
};
