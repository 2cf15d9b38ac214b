import { Type } from 'typebox';
import { isoTime } from '#api/iso-time.ts';
import { defineRoute } from '#api/route.ts';
import { sandboxOf } from '#api/routes/sandbox.ts';
import { exactly, moment, noQuery } from '#api/schemas/text.ts';
import { clockStepSecondsMax } from '#service/sandbox.ts';

export const sandboxClockAdvance = defineRoute({
  method: 'POST',
  path: '/v1/sandbox/clock',
  operationId: 'advanceSandboxClock',
  tag: 'sandbox',
  summary: 'Move the clock',
  description:
    'Moves the development clock forward. Everything that is due by then has happened when this ' +
    'answers. There is no way back.',
  access: 'application',
  query: noQuery,
  body: exactly({
    advanceSeconds: Type.Integer({ minimum: 0, maximum: clockStepSecondsMax }),
  }),
  bodyBytesMax: 2_048,
  answer: {
    status: 200,
    description: 'What time it is now.',
    schema: Type.Object({ now: moment('The development time.') }),
  },
  refusals: [],
  bodyExample: { advanceSeconds: 300 },
  async handle(context, request) {
    const { nowMs } = await sandboxOf(context).advanceClock(request.body.advanceSeconds);
    return { now: isoTime(nowMs) };
  },
});
