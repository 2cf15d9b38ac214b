import { verificationId } from '#api/app.fixture.ts';
import type { MessageView } from '#service/views.ts';

/** A plain message that was sent, as the service shows it. */
export const messageView: MessageView = {
  id: verificationId,
  status: 'sent',
  recipient: '+91••••••3210',
  country: 'IN',
  channel: 'sms',
  origin: 'fast2sms',
  createdAtMs: Date.parse('2026-03-01T09:30:00.000Z'),
  sendAtMs: Date.parse('2026-03-01T10:30:00.000Z'),
  provider: 'carrier',
  parts: 1,
  cost: { amount: '0.0025', currency: 'USD' },
  error: null,
  blockedReason: null,
  reference: null,
  metadata: null,
};

const { createdAtMs: _created, sendAtMs: _sent, ...rest } = messageView;

/** The same as it is answered. */
export const messageAnswer = {
  ...rest,
  createdAt: '2026-03-01T09:30:00.000Z',
  sendAt: '2026-03-01T10:30:00.000Z',
};
