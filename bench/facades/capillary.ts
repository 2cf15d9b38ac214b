import { createHash } from 'node:crypto';
import type { Vendor } from './vendor.ts';

const about = '"purpose":"REGISTRATION"';
const whose = '"entityType":"MOBILE","entityValue":"{{national}}","action":"REGISTRATION"';
const text = 'Your OTP for validation is {{ validation_code }}.';

/** A till with Basic, and a check that names the customer and the action. */
export const capillary: Vendor = {
  name: 'capillary',
  numbersOf: 'IN',
  rules: {
    country: 'IN',
    secondStart: 'redirect',
    resendCode: 'same',
    resendWaitsSeconds: [0],
    sendsMax: 20,
    allowRepeatedCode: true,
    allowLandlineTexts: true,
    limits: {
      recipientSendIntervalSeconds: 0,
      recipientSendsHourMax: 10,
      recipientStartsHourMax: 1_000,
    },
  },
  async open({ tillId = '', password = '' }) {
    const digest = createHash('md5').update(password).digest('hex');
    const account = Buffer.from(`${tillId}:${digest}`).toString('base64');
    const headers = { authorization: `Basic ${account}`, 'content-type': 'application/json' };
    return [
      {
        title: 'Capillary',
        workload: 'pairs',
        calls: {
          start: {
            method: 'POST',
            path: '/v2/otp/generate',
            headers,
            body:
              `{${whose},"template":"${text}",` +
              '"channels":[{"type":"SMS","value":"{{national}}"}]}',
          },
          started: { status: 200, contains: '"createdId":' },
          idAfter: null,
          check: {
            method: 'POST',
            path: '/v2/otp/validate',
            headers,
            body: `{${whose},"code":"{{code}}"}`,
          },
          approved: { status: 200, contains: '"entity":true' },
          wrong: { status: 200, contains: '"entity":false' },
        },
        native: {
          start: `{"recipient":"{{national}}","channels":["sms"],${about},"text":"${text}"}`,
          check: `{"recipient":"{{national}}",${about},"code":"{{code}}"}`,
        },
      },
    ];
  },
};
