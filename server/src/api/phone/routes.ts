import type { FastifyPluginAsync } from 'fastify';
import { addActionRoutes } from '#api/phone/action-routes.ts';
import { guardWith } from '#api/phone/guard.ts';
import { createLiveEvents } from '#api/phone/live-events.ts';
import { addMessageRoutes } from '#api/phone/message-routes.ts';
import { loadPageFiles, pageHeaders } from '#api/phone/page-files.ts';
import type { PhoneOptions, PhoneScope, SchemaTypes } from '#api/phone/phone-options.ts';
import { clockForPage } from '#api/phone/phone-views.ts';
import { sendProblem } from '#api/problem.ts';
import { readJsonBodies } from '#api/read-json.ts';
import { allChannels } from '#domain/application.ts';

export type { PhoneOptions, TestRecipient } from '#api/phone/phone-options.ts';

const bodyBytesMax = 4_096;

/**
 * The virtual phone: a page at `/` and what it calls, under `/phone/`. For the development server
 * only. It asks for no credential (`guard.ts` says what protects it) and acts as one application.
 */
export function createPhoneRoutes(options: PhoneOptions): FastifyPluginAsync {
  return async (untyped) => {
    const scope = untyped.withTypeProvider<SchemaTypes>();
    // Of all bodies only JSON is read: no other site's form can send one without being asked.
    readJsonBodies(scope);
    scope.addHook('onRoute', (route) => {
      route.bodyLimit = bodyBytesMax;
    });
    scope.addHook('onRequest', async (_request, reply) => {
      reply.headers(pageHeaders);
    });
    scope.addHook(
      'onRequest',
      guardWith(options.publicUrl, (path) => path === '/'),
    );
    await addPage(scope);
    addSession(scope, options);
    addEvents(scope, options);
    addMessageRoutes(scope, options);
    addActionRoutes(scope, options);
  };
}

async function addPage(scope: PhoneScope): Promise<void> {
  for (const file of await loadPageFiles()) {
    const path = file.name === 'index.html' ? '/' : `/phone/page/${file.name}`;
    scope.get(path, async (_request, reply) => reply.type(file.type).send(file.content));
  }
}

function addSession(scope: PhoneScope, options: PhoneOptions): void {
  scope.get('/phone/session', async () => {
    // Moving the clock by nothing is how it is read.
    const { nowMs } = await options.sandbox.advanceClock(0);
    const { name, settings } = await options.application();
    return {
      application: name,
      publicUrl: options.publicUrl(),
      channels: allChannels.filter((channel) => settings.channels.includes(channel)),
      testRecipients: options.testRecipients ?? [],
      ...clockForPage(nowMs),
    };
  });
}

function addEvents(scope: PhoneScope, options: PhoneOptions): void {
  const events = createLiveEvents(options, (error) => {
    scope.log.warn({ err: error }, 'virtual phone: events were lost, the pages read again');
  });
  // The streams never end by themselves, and a server that closes waits for its connections.
  scope.addHook('preClose', async () => events.close());
  scope.get('/phone/events', { exposeHeadRoute: false }, async (_request, reply) => {
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) reply.raw.setHeader(name, value);
    }
    if (events.open(reply.raw)) return reply.hijack();
    const detail = 'Too many virtual phones are open. Close one of them.';
    return sendProblem(reply, 'limit_reached', detail, { retryAfterSeconds: 5 });
  });
}
