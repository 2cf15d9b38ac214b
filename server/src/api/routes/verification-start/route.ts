import type { Static } from 'typebox';
import { callerOf } from '#api/authenticate.ts';
import { idempotencyKeyOf } from '#api/idempotency-key.ts';
import { presentVerification } from '#api/present.ts';
import { sendRefusal } from '#api/problem.ts';
import { defineRoute } from '#api/route.ts';
import { startBody, startExample } from '#api/schemas/start.ts';
import { noQuery } from '#api/schemas/text.ts';
import { verification } from '#api/schemas/verification.ts';
import type { ChannelName } from '#domain/channels/channel.ts';
import type { ChannelRequest, StartRequest } from '#service/requests.ts';

export const verificationStart = defineRoute({
  method: 'POST',
  path: '/v1/verifications',
  operationId: 'startVerification',
  tag: 'verifications',
  summary: 'Start a verification',
  description:
    'Makes a code and sends it. What the request does not say comes from the application’s ' +
    'settings. A pending verification of the same recipient and purpose is canceled, or what ' +
    '`secondStart` of the application says.',
  access: 'application',
  query: noQuery,
  body: startBody,
  bodyBytesMax: 16_384,
  takesIdempotencyKey: true,
  answer: { status: 201, description: 'The verification, pending.', schema: verification },
  refusals: [
    'recipient_invalid',
    'recipient_unsupported',
    'code_invalid',
    'template_invalid',
    'template_not_found',
    'variables_invalid',
    'callback_url_refused',
    'not_available',
    'channel_unavailable',
    'channel_not_allowed',
    'country_not_allowed',
    'limit_reached',
    'budget_exhausted',
    'balance_exhausted',
    'verification_exists',
    'verification_finished',
  ],
  bodyExample: startExample,
  leadsTo: ['readVerification', 'checkCode', 'resendCode', 'cancelVerification'],
  async handle({ service }, request, reply) {
    const result = await service.startVerification(
      callerOf(request),
      startRequestOf(request.body),
      idempotencyKeyOf(request),
    );
    if (!result.ok) return sendRefusal(reply, result.error);
    reply.code(201);
    if (result.value.isReplay) reply.header('Idempotent-Replayed', 'true');
    return presentVerification(result.value.view);
  },
});

export function startRequestOf({ channels, ...rest }: Static<typeof startBody>): StartRequest {
  return channels === undefined ? rest : { ...rest, channels: channels.map(asRequest) };
}

/** A channel's bare name is that channel at the recipient. */
function asRequest(entry: ChannelName | ChannelRequest): ChannelRequest {
  return typeof entry === 'string' ? { channel: entry } : entry;
}
