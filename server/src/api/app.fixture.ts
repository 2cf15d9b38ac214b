import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { pino } from 'pino';
import { createApp } from '#api/app.ts';
import type { Problem } from '#api/problem.ts';
import { type Application, defaultSettings } from '#domain/application.ts';
import type { KafkaView } from '#service/kafka-port.ts';
import type { Sandbox } from '#service/sandbox.ts';
import type { Service } from '#service/service.ts';
import type { VerdictView, VerificationWithHistoryView } from '#service/views.ts';

/**
 * The real app over a service of which a test says what it answers: what a door makes of every
 * answer can be tried, also of those that the real service gives once in a blue moon.
 */
export interface OpenedApp {
  readonly app: FastifyInstance;
  /** Every line that was logged, as text. */
  readonly log: readonly string[];
  /** Calls with the API key of the application. */
  call(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD',
    url: string,
    payload?: object,
    headers?: Record<string, string>,
  ): Promise<LightMyRequestResponse>;
}

export const publicUrl = 'https://verify.example';
export const apiKey = 'wk_0123456789abcdef';
export const verificationId = `vf_${'0'.repeat(37)}`;

export const application: Application = {
  id: 'app_1',
  name: 'Shop',
  settings: { ...defaultSettings, countries: 'all' },
  createdAtMs: Date.parse('2026-01-02T03:04:05.678Z'),
};

export function openApp(
  verbs: Partial<Service> = {},
  sandbox: Partial<Sandbox> | null = null,
  kafka: KafkaView | null = null,
): OpenedApp {
  const log: string[] = [];
  const service: Partial<Service> = {
    authenticate: async (key) => (key === apiKey ? application : null),
    callbackSecret: (id) => `whsec_of_${id}`,
    ...verbs,
  };
  const app = createApp({
    service: service as Service,
    sandbox: sandbox as Sandbox | null,
    kafka,
    publicUrl,
    trustedHops: 0,
    logger: pino({}, { write: (text: string) => log.push(text) }),
    version: '1.2.3',
  });
  return {
    app,
    log,
    call(method, url, payload, headers = {}) {
      const options: InjectOptions = {
        method,
        url,
        headers: { authorization: `Bearer ${apiKey}`, ...headers },
        ...(payload === undefined ? {} : { payload }),
      };
      return app.inject(options);
    },
  };
}

export const pendingView: VerificationWithHistoryView = {
  id: verificationId,
  status: 'pending',
  recipient: '+14•••••0123',
  country: 'US',
  channel: 'sms',
  purpose: 'login',
  origin: 'api',
  checksLeft: 5,
  sendsUsed: 1,
  sendsLeft: 4,
  createdAtMs: Date.parse('2026-03-01T09:30:00.000Z'),
  expiresAtMs: Date.parse('2026-03-01T09:35:00.000Z'),
  resendAllowedAtMs: Date.parse('2026-03-01T09:30:30.000Z'),
  finishedAtMs: null,
  blockedReason: null,
  reference: 'order-17',
  metadata: { k: 'v' },
  deliveries: [
    {
      id: 'dl_1',
      channel: 'sms',
      provider: 'sandbox',
      status: 'sent',
      parts: 1,
      cost: { amount: '0.0075', currency: 'USD' },
      quote: null,
      error: null,
      atMs: Date.parse('2026-03-01T09:30:01.000Z'),
    },
  ],
  history: [{ atMs: Date.parse('2026-03-01T09:30:00.000Z'), event: 'started', detail: null }],
};

export const approvedView: VerdictView = {
  ...pendingView,
  status: 'approved',
  resendAllowedAtMs: null,
  finishedAtMs: Date.parse('2026-03-01T09:31:00.000Z'),
  approved: true,
  recipientInFull: null,
  reason: null,
  isFirstAtEnd: true,
  proof: 'a.b.c',
};

/** `pendingView` as the contract shows it. */
export const pendingAnswer = {
  id: verificationId,
  status: 'pending',
  recipient: '+14•••••0123',
  country: 'US',
  channel: 'sms',
  purpose: 'login',
  origin: 'api',
  checksLeft: 5,
  sendsLeft: 4,
  createdAt: '2026-03-01T09:30:00.000Z',
  expiresAt: '2026-03-01T09:35:00.000Z',
  resendAllowedAt: '2026-03-01T09:30:30.000Z',
  finishedAt: null,
  blockedReason: null,
  reference: 'order-17',
  metadata: { k: 'v' },
  deliveries: [
    {
      id: 'dl_1',
      channel: 'sms',
      provider: 'sandbox',
      status: 'sent',
      parts: 1,
      cost: { amount: '0.0075', currency: 'USD' },
      error: null,
      at: '2026-03-01T09:30:01.000Z',
    },
  ],
};

export function problemOf(response: LightMyRequestResponse): Problem {
  return response.json<Problem>();
}

export function pointersOf(response: LightMyRequestResponse): string[] {
  return problemOf(response).errors.map(({ pointer }) => pointer);
}
