import type { FastifyReply, FastifyRequest } from 'fastify';
import { authenticateFor } from '#compat/capillary/authenticate.ts';
import { answerStatus } from '#compat/capillary/errors.ts';
import { createGenerate } from '#compat/capillary/generate.ts';
import { otpPath, tokenPath } from '#compat/capillary/paths.ts';
import { createGiveToken } from '#compat/capillary/token.ts';
import { createValidate } from '#compat/capillary/validate.ts';
import { eitherEnd, type FacadeParts, type FacadeRoute } from '#compat/facade.ts';

export function createRoutes({ service }: FacadeParts): readonly FacadeRoute[] {
  return [
    {
      methods: ['POST'],
      paths: eitherEnd(`${otpPath}/generate`),
      authenticate: authenticateFor(service, ['WRITE']),
      handle: createGenerate(service),
    },
    {
      methods: ['POST'],
      paths: eitherEnd(`${otpPath}/validate`),
      authenticate: authenticateFor(service, ['READ', 'WRITE']),
      handle: createValidate(service),
    },
    {
      methods: ['GET'],
      paths: eitherEnd(otpPath),
      authenticate: authenticateFor(service, ['READ']),
      handle: refuseFetch,
    },
    { methods: ['POST'], paths: eitherEnd(tokenPath), handle: createGiveToken(service) },
  ];
}

async function refuseFetch(_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  return answerStatus(
    reply,
    403,
    'OTPs are not handed out here. A live code would be readable by everybody who may call this; ' +
      'ask the customer for it and call /v2/otp/validate',
  );
}
