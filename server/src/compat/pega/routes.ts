import type { FastifyReply, FastifyRequest } from 'fastify';
import { createDoor } from '#compat/door.ts';
import { callerOf, type FacadeRoute } from '#compat/facade.ts';
import { presentBasic } from '#compat/pega/credentials.ts';
import {
  answerError,
  answerFault,
  answerRefusal,
  answerUnauthorized,
} from '#compat/pega/errors.ts';
import { settingsOf } from '#compat/pega/settings.ts';
import { readGenerate, readVerify } from '#compat/pega/translate.ts';
import { readUuidHandle, uuidHandle } from '#domain/handle.ts';
import type { Service } from '#service/service.ts';

/** Pega's documentation calls the eight digits fixed. */
const codeLength = 8;

const door = createDoor('pega', ({ facades }) => {
  const { maximumFailedAttempts, maximumTokenAgeSeconds } = settingsOf(facades['pega']);
  return {
    code: { alphabet: 'digits', length: codeLength },
    checksMax: maximumFailedAttempts,
    ...(maximumTokenAgeSeconds === null ? {} : { lifetimeSeconds: maximumTokenAgeSeconds }),
  };
});

type Handle = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** What is below `…/otp/`, each with its one method. */
type Calls = Readonly<Record<string, { readonly method: 'GET' | 'POST'; readonly handle: Handle }>>;

export function createRoutes({ service }: { service: Service }): readonly FacadeRoute[] {
  const calls: Calls = {
    email: { method: 'POST', handle: createGenerate(service, 'email') },
    sms: { method: 'POST', handle: createGenerate(service, 'sms') },
    verify: { method: 'GET', handle: createVerify(service) },
  };
  return [
    {
      methods: ['GET', 'POST'],
      paths: paths(Object.keys(calls)),
      async authenticate(request, reply) {
        const presented = presentBasic(request.headers.authorization);
        const opened =
          presented === null ? null : await service.authenticateWith('pega', presented);
        if (opened === null) return answerUnauthorized(reply);
        request.caller = door(opened.application);
        return undefined;
      },
      async handle(request, reply) {
        const { call = '' } = request.params as { readonly call?: string };
        const asked = calls[call.toLowerCase()];
        if (asked === undefined) throw new Error('A path was mounted for no call.');
        if (request.method === asked.method) return asked.handle(request, reply);
        reply.header('Allow', asked.method);
        const detail = `This call has no ${request.method}. It has ${asked.method}.`;
        return answerFault({ code: 'method_not_allowed', detail }, reply);
      },
    },
  ];
}

function createGenerate(service: Service, channel: 'email' | 'sms'): Handle {
  return async (request, reply) => {
    const caller = callerOf(request);
    const settings = settingsOf(caller.application.settings.facades['pega']);
    const { start, field } = readGenerate(channel, request.body, settings);
    if (start === null) return answerError(reply, 400, `${field} is required.`);
    const started = await service.startVerification(caller, start, null);
    if (!started.ok) return answerRefusal(reply, started.error, field);
    return reply.send({ ReferenceID: uuidHandle(started.value.view.id) });
  };
}

function createVerify(service: Service): Handle {
  return async (request, reply) => {
    const { code, reference } = readVerify(request.query);
    const caller = callerOf(request);
    const handle = reference === undefined ? null : readUuidHandle(reference.toLowerCase());
    const id = handle === null ? null : await service.verificationIdOf(caller, handle);
    if (id === null || code === undefined) return reply.send({ Status: 'FAIL' });
    // Its purpose has the context in it, which a verify does not name.
    const found = await service.readVerification(caller, id);
    if (!found.ok || found.value.origin !== caller.origin) return reply.send({ Status: 'FAIL' });
    const { purpose } = found.value;
    const checked = await service.checkCode(caller, { verificationId: id, code, purpose }, null);
    const isRight = checked.ok && checked.value.view.approved;
    return reply.send({ Status: isRight ? 'SUCCESS' : 'FAIL' });
  };
}

/**
 * `{prweb}/PRRestService/…`, where the first part is the context that Pega runs in. Clients spell
 * the segments in small and in capital letters, and a route of ours is spelled one way: so each
 * segment is a parameter that only its own letters match.
 */
function paths(calls: readonly string[]): readonly string[] {
  const below = ['PRRestService', 'api', 'v1', 'authenticate', 'otp'];
  const call = `/:call(^(?:${calls.map(eitherCase).join('|')})$)`;
  return [['prweb', ...below], below].flatMap((segments) => {
    const path = segments.map((segment) => `/:${segment}(^${eitherCase(segment)}$)`).join('');
    return [`${path}${call}`, `${path}${call}/`];
  });
}

function eitherCase(segment: string): string {
  return segment.replace(/[a-z]/gi, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`);
}
