import type { Vendor } from './vendor.ts';

const about = '"purpose":"login"';

/** Managed OTP by the mobile number, and the gateway, which `/v1` has no call like. */
export const fast2sms: Vendor = {
  name: 'fast2sms',
  numbersOf: 'IN',
  rules: {
    country: 'IN',
    allowShortCodes: true,
    lifetimeSeconds: 600,
    lifetimeSecondsMax: 3_600,
    resendCode: 'same',
  },
  async open({ authorization = '', otpId = '' }) {
    const headers = { authorization, 'content-type': 'application/json' };
    const done = { status: 200, contains: '"return":true' };
    const wrong = { status: 400, contains: '"return":false' };
    const verify = {
      method: 'POST',
      path: '/dev/otp/verify',
      headers,
      body: '{"mobile":"{{national}}","otp":"{{code}}"}',
    } as const;
    const send = {
      method: 'POST',
      path: '/dev/otp/send',
      headers,
      body: `{"mobile":"{{national}}","otp_id":"${otpId}"}`,
    } as const;
    const message = {
      method: 'GET',
      path: '/dev/bulkV2?route=otp&variables_values=482913&numbers={{national}}',
      headers: { authorization },
      body: '',
    } as const;
    const answers = { started: done, idAfter: null, check: verify, approved: done, wrong };
    return [
      {
        title: 'Fast2SMS, managed OTP',
        workload: 'pairs',
        calls: { start: send, ...answers },
        native: {
          start: `{"recipient":"{{national}}","channel":"sms",${about}}`,
          check: `{"recipient":"{{national}}",${about},"code":"{{code}}"}`,
        },
      },
      {
        title: 'Fast2SMS, gateway',
        workload: 'messages',
        calls: { start: message, ...answers },
        native: null,
      },
    ];
  },
};
