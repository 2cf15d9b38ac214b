import { Type } from 'typebox';
import { type PhoneOptions, type PhoneScope, phoneCaller } from '#api/phone/phone-options.ts';
import { clockForPage, verdictForPage, verificationForPage } from '#api/phone/phone-views.ts';
import { sendRefusal } from '#api/problem.ts';
import { allChannels } from '#domain/application.ts';
import { clockStepSecondsMax } from '#service/sandbox.ts';

const strict = { additionalProperties: false };

const startBody = Type.Object(
  {
    recipient: Type.String({ minLength: 1, maxLength: 320 }),
    channel: Type.Optional(Type.Union(allChannels.map((name) => Type.Literal(name)))),
    purpose: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  },
  strict,
);
const checkBody = Type.Object({ code: Type.String({ minLength: 1, maxLength: 64 }) }, strict);
const clockBody = Type.Object(
  { advanceSeconds: Type.Integer({ minimum: 0, maximum: clockStepSecondsMax }) },
  strict,
);
const params = Type.Object({ id: Type.String({ maxLength: 64 }) });

/** What one can do on the page; what the application itself would do by `/v1`. */
export function addActionRoutes(scope: PhoneScope, options: PhoneOptions): void {
  const { service, sandbox, application } = options;

  scope.post('/phone/verifications', { schema: { body: startBody } }, async (request, reply) => {
    const caller = await phoneCaller(options);
    const started = await service.startVerification(caller, request.body, null);
    if (!started.ok) return sendRefusal(reply, started.error);
    return reply.code(201).send(verificationForPage(started.value.view));
  });

  scope.post(
    '/phone/verifications/:id/check',
    { schema: { params, body: checkBody } },
    async (request, reply) => {
      const guess = { verificationId: request.params.id, code: request.body.code };
      const checked = await service.checkCode(await phoneCaller(options), guess, null);
      return checked.ok ? verdictForPage(checked.value.view) : sendRefusal(reply, checked.error);
    },
  );

  scope.post('/phone/clock', { schema: { body: clockBody } }, async (request) => {
    const { nowMs } = await sandbox.advanceClock(request.body.advanceSeconds);
    return clockForPage(nowMs);
  });

  const resetBody = Type.Object({}, strict);
  scope.post('/phone/reset', { schema: { body: resetBody } }, async (_request, reply) => {
    await sandbox.reset((await application()).id);
    return reply.code(204).send();
  });
}
