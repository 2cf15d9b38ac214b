/**
 * One façade in front of the whole service, on the real embedded storage. Calls go through the real
 * server without a socket.
 */
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { pino } from 'pino';
import { createApp } from '#api/app.ts';
import type { Facade } from '#compat/facade.ts';
import { mountFacade } from '#compat/mount.ts';
import type { ApplicationSettings } from '#domain/application.ts';
import {
  type OpenedService,
  type OpenOptions,
  openService,
  take,
} from '#service/service.fixture.ts';
import type { Caller } from '#service/service.ts';

export interface OpenedFacade extends OpenedService {
  readonly app: FastifyInstance;
  /** Every line of the server's log. */
  readonly lines: readonly string[];
  /** An application with credentials of the façade: what a client of the vendor is given. */
  newClient(
    settings?: Partial<ApplicationSettings>,
    parts?: Readonly<Record<string, unknown>>,
  ): Promise<FacadeClient>;
}

export interface FacadeClient {
  readonly caller: Caller;
  readonly shown: Readonly<Record<string, string>>;
  readonly credentialId: string;
}

export interface FacadeOptions extends Omit<OpenOptions, 'facades'> {
  /** At once, unless a test is about it. */
  readonly refusalMs?: number;
}

export async function openFacade(
  facade: Facade,
  { refusalMs = 0, ...options }: FacadeOptions = {},
): Promise<OpenedFacade> {
  const opened = await openService({ ...options, facades: [facade] });
  const { service } = opened;
  const lines: string[] = [];
  const app = createApp({
    service,
    sandbox: null,
    publicUrl: 'https://verify.example',
    trustedHops: 0,
    logger: pino({}, { write: (line: string) => lines.push(line) }),
    version: '1.2.3',
    plugins: [mountFacade(facade, { service }, refusalMs)],
  });
  return {
    ...opened,
    app,
    lines,
    async newClient(settings = {}, parts = {}) {
      const caller = await opened.newCaller(settings);
      const made = await service.createCredential(caller.application.id, facade.name, parts);
      const { credential, shown } = take(made);
      return { caller, shown, credentialId: credential.id };
    },
    async end() {
      await app.close();
      await opened.end();
    },
  };
}

/** The body of an answer, read as what the test expects it to be. */
export function bodyOf<Body = Record<string, unknown>>(answer: LightMyRequestResponse): Body {
  return answer.json<Body>();
}
