import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FacadeName } from '#compat/names.ts';
import { decimalHandle, uuidHandle, wordHandle } from '#domain/handle.ts';
import type { RunningServer } from './running-server.ts';

/**
 * Every door as a client of its vendor uses it, with one small adapter each: how a code is asked
 * for, and how it is checked. Recipients are Indian mobile numbers, which every vendor takes.
 */
export type DoorName = 'native' | FacadeName;

export interface Door {
  readonly name: DoorName;
  /** Guesses at one code, where the vendor has a number of its own. */
  readonly checksMax: number | null;
  /** Asks for a code; whether the call was a success in the vendor's words. */
  start(recipient: string): Promise<boolean>;
  /** Checks a code of a verification by the name that this door has for it; whether it is right. */
  check(verification: Named, code: string): Promise<boolean>;
  /** Where the vendor has such calls; whether it was done. */
  cancel?(verification: Named): Promise<boolean>;
  resend?(verification: Named): Promise<boolean>;
}

/** What a client knows of a verification: of names, a door takes the one of its own shape. */
export interface Named {
  readonly id: string;
  readonly recipient: string;
}

/** Where the calls of a client go, each to any of the nodes. */
export interface Nodes {
  readonly servers: readonly RunningServer[];
  /** The next node's address, at random. */
  pick(): string;
}

// biome-ignore lint/suspicious/noExplicitAny: JSON of whatever shape the vendor has.
type Json = any;

interface Call {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

type Ask = (call: Call) => Promise<{ status: number; body: Json }>;

export type Credentials = Readonly<Record<FacadeName, Readonly<Record<string, string>>>>;

/** What the development server wrote down for its own application. */
export function readVendorCredentials({ folder }: Pick<RunningServer, 'folder'>): Credentials {
  return JSON.parse(readFileSync(join(folder, 'dev-credentials.json'), 'utf8')) as Credentials;
}

export function basic(user: string | undefined, password: string | undefined): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** The ten digits of an Indian number. */
export function nationalPart(recipient: string): string {
  return recipient.slice(3);
}

type OpenDoor = (ask: Ask, credentials: Credentials) => Promise<Omit<Door, 'name'>>;

const openers: Readonly<Record<FacadeName, OpenDoor>> = {
  async verifynow(ask, { verifynow: { customerId = '', key = '' } }) {
    const query = { customerId, key };
    const { body } = await ask({ method: 'GET', path: '/auth/v1/authentication/token', query });
    const headers = { authToken: body.token };
    return {
      checksMax: null,
      async start(recipient) {
        const mobileNumber = nationalPart(recipient);
        const send = { customerId, countryCode: '91', flowType: 'SMS', mobileNumber };
        const path = '/verification/v3/send';
        return (await ask({ path, query: send, headers })).body.responseCode === 200;
      },
      async check({ id }, code) {
        const guess = { customerId, verificationId: decimalHandle(id), code };
        const path = '/verification/v3/validateOtp';
        return (await ask({ path, query: guess, headers })).body.responseCode === 200;
      },
    };
  },

  async smscx(ask, { smscx: { applicationId, applicationSecret } }) {
    const authorization = basic(applicationId, applicationSecret);
    const grant = { grant_type: 'client_credentials' };
    const path = '/oauth/token';
    const { body } = await ask({ path, headers: { authorization }, body: grant });
    const headers = { authorization: `Bearer ${body.access_token}` };
    return {
      checksMax: null,
      start: async (recipient) =>
        (await ask({ path: '/otp', headers, body: { phoneNumber: recipient } })).status === 201,
      check: async ({ id }, pin) =>
        (await ask({ path: `/otp/${uuidHandle(id)}`, headers, body: { pin } })).status === 200,
      cancel: async ({ id }) =>
        (await ask({ method: 'DELETE', path: `/otp/${uuidHandle(id)}`, headers })).status === 200,
    };
  },

  async capillary(ask, { capillary: { key, secret } }) {
    const { body } = await ask({ path: '/v3/oauth/token/generate', body: { key, secret } });
    const headers = { 'X-CAP-API-OAUTH-TOKEN': body.data.accessToken };
    const entity = (recipient: string) => ({
      entityType: 'MOBILE',
      entityValue: recipient,
      action: 'GENERIC',
    });
    return {
      checksMax: null,
      start: async (recipient) =>
        (await ask({ path: '/v2/otp/generate', headers, body: entity(recipient) })).status === 200,
      // It has no name for a verification: the recipient and the action are one.
      async check({ recipient }, code) {
        const guess = { ...entity(recipient), code };
        return (await ask({ path: '/v2/otp/validate', headers, body: guess })).body.entity === true;
      },
    };
  },

  async fast2sms(ask, { fast2sms: { authorization = '', otpId } }) {
    const headers = { authorization };
    return {
      checksMax: null,
      async start(recipient) {
        const mobile = nationalPart(recipient);
        const body = { mobile, otp_id: otpId };
        return (await ask({ path: '/dev/otp/send', headers, body })).status === 200;
      },
      async check({ id }, otp) {
        const body = { request_id: wordHandle(id), otp };
        return (await ask({ path: '/dev/otp/verify', headers, body })).status === 200;
      },
      async resend({ id }) {
        const body = { request_id: wordHandle(id) };
        return (await ask({ path: '/dev/otp/resend', headers, body })).status === 200;
      },
    };
  },

  async pega(ask, { pega: { username, password } }) {
    const headers = { authorization: basic(username, password) };
    const otp = '/prweb/PRRestService/api/v1/authenticate/otp';
    return {
      checksMax: 3,
      async start(recipient) {
        const body = { SMSSettings: { ToPhoneNumber: recipient } };
        return (await ask({ path: `${otp}/sms`, headers, body })).status === 200;
      },
      async check({ id }, code) {
        const query = { OTPValue: code, ReferenceID: uuidHandle(id) };
        const { body } = await ask({ method: 'GET', path: `${otp}/verify`, query, headers });
        return body.Status === 'SUCCESS';
      },
    };
  },
};

/** Our own door, whose checks name the recipient as somebody would who mixes doors up. */
function openNative(ask: Ask, apiKey: string): Door {
  const headers = { authorization: `Bearer ${apiKey}` };
  return {
    name: 'native',
    checksMax: null,
    async start(recipient) {
      const body = { recipient, purpose: 'login' };
      return (await ask({ path: '/v1/verifications', headers, body })).status === 201;
    },
    async check({ recipient }, code) {
      const body = { recipient, purpose: 'login', code };
      return (await ask({ path: '/v1/checks', headers, body })).body.approved === true;
    },
  };
}

export const vendorNames = Object.keys(openers) as FacadeName[];

/** All doors of the development application, each call going to any of the nodes. */
export async function openDoors(nodes: Nodes): Promise<ReadonlyMap<DoorName, Door>> {
  const [first] = nodes.servers;
  assert.ok(first);
  const credentials = readVendorCredentials(first);
  const ask: Ask = async ({ method = 'POST', path, query, headers = {}, body }) => {
    const target = `${nodes.pick()}${path}${query ? `?${new URLSearchParams(query)}` : ''}`;
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(target, {
      method,
      headers: { ...headers, ...type },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    // No race ends in an error of ours, whatever the vendor makes of its outcome.
    assert.ok(response.status < 500, `${path}: ${response.status}`);
    return { status: response.status, body: await response.json() };
  };
  const doors = new Map<DoorName, Door>([['native', openNative(ask, first.apiKey)]]);
  for (const name of vendorNames) {
    doors.set(name, { name, ...(await openers[name](ask, credentials)) });
  }
  return doors;
}
