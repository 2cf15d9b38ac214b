import type { FastifyReply, FastifyRequest } from 'fastify';
import { authenticateFor } from '#compat/capillary/authenticate.ts';
import { presentClient } from '#compat/capillary/credentials.ts';
import { answerErrors, answerStatus, errorOf } from '#compat/capillary/errors.ts';
import { readGenerate } from '#compat/capillary/generate.ts';
import { otpPath, tokenPath } from '#compat/capillary/paths.ts';
import { door } from '#compat/capillary/settings.ts';
import { readValidate } from '#compat/capillary/validate.ts';
import { callerOf, type FacadeParts, type FacadeRoute } from '#compat/facade.ts';
import { readWords } from '#compat/words.ts';
import { headOf } from '#domain/id.ts';
import type { Service } from '#service/service.ts';

/** What `createdId` says of a code that was sent before and is sent again. */
const sentAgain = 1;

export function createRoutes({ service }: FacadeParts): readonly FacadeRoute[] {
  return [
    {
      methods: ['POST'],
      paths: [`${otpPath}/generate`, `${otpPath}/generate/`],
      authenticate: authenticateFor(service, ['WRITE']),
      handle: (request, reply) => generate(service, request, reply),
    },
    {
      methods: ['POST'],
      paths: [`${otpPath}/validate`, `${otpPath}/validate/`],
      authenticate: authenticateFor(service, ['READ', 'WRITE']),
      handle: (request, reply) => validate(service, request, reply),
    },
    {
      methods: ['GET'],
      paths: [otpPath, `${otpPath}/`],
      authenticate: authenticateFor(service, ['READ']),
      handle: async (_request, reply) => answerStatus(reply, 403, noFetch),
    },
    {
      methods: ['POST'],
      paths: [tokenPath, `${tokenPath}/`],
      handle: (request, reply) => giveToken(service, request, reply),
    },
  ];
}

const noFetch =
  'OTPs are not handed out here. A live code would be readable by everybody who may call this; ' +
  'ask the customer for it and call /v2/otp/validate';

async function generate(
  service: Service,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const caller = callerOf(request);
  const read = readGenerate(caller.application.settings, request.body);
  if (!read.ok) return answerErrors(reply, read.error);
  const started = await service.startVerification(caller, read.value.request, null);
  if (!started.ok) return answerErrors(reply, [errorOf(started.error)]);
  const { id, sendsUsed } = started.value.view;
  // The head of an id is a number that every client's long, and JavaScript's number, can hold.
  const createdId = sendsUsed > 1 ? sentAgain : headOf(id, 'vf');
  return named(reply).send({ createdId, warnings: read.value.warnings });
}

async function validate(
  service: Service,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const caller = callerOf(request);
  const read = readValidate(caller.application.settings, request.body);
  if (!read.ok) return answerErrors(reply, read.error);
  const checked = await service.checkRecipient(caller, read.value, null);
  if (!checked.ok) {
    const { error } = checked;
    const isGone = error.code === 'verification_not_found';
    return answerErrors(reply, [isGone ? { code: 605 } : errorOf(error)]);
  }
  const { approved, reason } = checked.value.view;
  // A wrong code is an answer; one that nothing can make right any more is an error.
  if (!approved && reason !== 'wrong_code') return answerErrors(reply, [{ code: 605 }]);
  return named(reply).send({ entity: approved, warnings: [] });
}

async function giveToken(
  service: Service,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const words = readWords(request.body);
  const [key, secret] = [words('key'), words('secret')];
  if (key === undefined || secret === undefined) {
    return answerStatus(reply, 400, 'The key and the secret are required');
  }
  for (const presented of presentClient(key, secret)) {
    const opened = await service.authenticateWith('capillary', presented);
    if (opened === null) continue;
    request.caller = door(opened.application);
    const lifetimeSeconds = Number(opened.credential.details['tokenLifetimeSeconds']);
    const { token } = await service.issueToken(opened, { scope: 'OTP', lifetimeSeconds });
    return named(reply).send({
      data: { accessToken: token, ttlSeconds: lifetimeSeconds },
      errors: null,
    });
  }
  return answerStatus(reply, 401, 'Invalid key or secret');
}

/** The vendor's header that names a call. */
function named(reply: FastifyReply): FastifyReply {
  return reply.header('X-CAP-REQUEST-ID', reply.request.id);
}
