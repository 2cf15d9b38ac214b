import type { Vendor } from './vendor.ts';

const otp = '/prweb/PRRestService/api/v1/authenticate/otp';

export const pega: Vendor = {
  name: 'pega',
  numbersOf: 'DE',
  rules: { code: { alphabet: 'digits', length: 8 }, checksMax: 3 },
  async open({ username = '', password = '' }) {
    const account = Buffer.from(`${username}:${password}`).toString('base64');
    const headers = { authorization: `Basic ${account}` };
    return [
      {
        title: 'Pega',
        workload: 'pairs',
        calls: {
          start: {
            method: 'POST',
            path: `${otp}/sms`,
            headers: { ...headers, 'content-type': 'application/json' },
            body: '{"Context":"login","SMSSettings":{"ToPhoneNumber":"+{{number}}"}}',
          },
          started: { status: 200, contains: '"ReferenceID":' },
          idAfter: '"ReferenceID":"',
          check: {
            method: 'GET',
            path: `${otp}/verify?OTPValue={{code}}&ReferenceID={{id}}`,
            headers,
            body: '',
          },
          approved: { status: 200, contains: '"SUCCESS"' },
          wrong: { status: 200, contains: '"FAIL"' },
        },
        native: {
          start: '{"recipient":"+{{number}}","channel":"sms","purpose":"login"}',
          check: '{"code":"{{code}}"}',
        },
      },
    ];
  },
};
