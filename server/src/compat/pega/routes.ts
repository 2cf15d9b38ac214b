import type { FastifyRequest } from 'fastify';
import { callerOf, type FacadeParts, type FacadeRoute } from '#compat/facade.ts';
import { presentBasic } from '#compat/pega/credentials.ts';
import {
  answerError,
  answerFault,
  answerOtherPage,
  answerRefusal,
  answerUnauthorized,
} from '#compat/pega/errors.ts';
import { settingsOf } from '#compat/pega/settings.ts';
import { destinations, readGenerate, readVerify } from '#compat/pega/translate.ts';
import { readUuidHandle, uuidHandle } from '#domain/handle.ts';
import { createDoor } from '#service/door.ts';
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

export function createRoutes({ service }: FacadeParts): readonly FacadeRoute[] {
  const calls: Calls = {
    email: { method: 'POST', handle: createGenerate(service, 'email') },
    sms: { method: 'POST', handle: createGenerate(service, 'sms') },
    verify: { method: 'GET', handle: createVerify(service) },
  };
  return [
    {
      methods: ['GET', 'POST'],
      paths: pathsOf(Object.keys(calls)),
      async authenticate(request, reply) {
        const { method } = callNamed(calls, request);
        if (request.method !== method) {
          reply.header('Allow', `${method}, OPTIONS`);
          const detail = `This call has no ${request.method}. It has ${method}, OPTIONS.`;
          return answerFault({ code: 'method_not_allowed', detail }, reply);
        }
        if (isOfAnotherPage(request)) return answerOtherPage(reply);
        const presented = presentBasic(request.headers.authorization);
        const opened = presented && (await service.authenticateWith('pega', presented));
        if (opened === null) return answerUnauthorized(reply);
        request.caller = door(opened.application);
        return undefined;
      },
      handle: (request, reply) => callNamed(calls, request).handle(request, reply),
    },
  ];
}

/**
 * A page of another site can have a browser make a call with the operator's password that it
 * remembers. Browsers tell it (Fetch Metadata); `Origin` tells less, because a proxy that serves
 * Pega and this server as one origin may change the name that we are called by.
 */
function isOfAnotherPage({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  return site === 'cross-site' || site === 'same-site';
}

/** What is below `…/otp/`, each with its one method. */
type Calls = Readonly<Record<string, { readonly method: 'GET' | 'POST'; readonly handle: Handle }>>;
type Handle = FacadeRoute['handle'];

function callNamed(calls: Calls, request: FastifyRequest): Calls[string] {
  const { call = '' } = request.params as { readonly call?: string };
  const found = calls[call.toLowerCase()];
  if (found === undefined) throw new Error('A path was mounted for no call.');
  return found;
}

function createGenerate(service: Service, channel: 'email' | 'sms'): Handle {
  return async (request, reply) => {
    const caller = callerOf(request);
    const settings = settingsOf(caller.application.settings.facades['pega']);
    const asked = readGenerate(channel, request.body, settings);
    if (!asked.ok) return answerError(reply, 400, asked.error);
    const started = await service.startVerification(caller, asked.value, null);
    if (!started.ok) return answerRefusal(reply, started.error, destinations[channel]);
    return reply.send({ Status: 'SUCCESS', ReferenceID: uuidHandle(started.value.view.id) });
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
    const guess = { verificationId: id, code, origin: caller.origin };
    const checked = await service.checkCode(caller, guess, null);
    const isRight = checked.ok && checked.value.view.approved;
    return reply.send({ Status: isRight ? 'SUCCESS' : 'FAIL' });
  };
}

/**
 * `{prweb}/PRRestService/…`, and as clients have it without one of the two. They spell the segments
 * in small and in capital letters, and a route of ours is spelled one way: so each segment is a
 * parameter that only its own letters match. The router knows routes of as many parameters for
 * one, so all calls are one parameter, and the two servers of one segment another.
 */
function pathsOf(calls: readonly string[]): readonly string[] {
  const below = ['api', 'v1', 'authenticate', 'otp'].map((word) => segment(word, [word]));
  const call = segment('call', calls);
  const [context, rest] = ['prweb', 'PRRestService'] as const;
  const servers = [
    segment('context', [context]) + segment('rest', [rest]),
    segment('server', [context, rest]),
  ];
  return servers.flatMap((server) => {
    const path = [server, ...below, call].join('');
    return [path, `${path}/`];
  });
}

/** One of these words, in letters of either case. */
function segment(name: string, words: readonly string[]): string {
  const spellings = words.map((word) =>
    word.replace(/[a-z]/gi, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`),
  );
  return `/:${name}(^(?:${spellings.join('|')})$)`;
}
