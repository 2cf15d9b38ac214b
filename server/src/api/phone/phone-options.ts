import type { IncomingMessage, ServerResponse } from 'node:http';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyTypeProvider,
  RawServerDefault,
} from 'fastify';
import type { Static, TSchema } from 'typebox';
import type { Application } from '#domain/application.ts';
import type { Sandbox } from '#service/sandbox.ts';
import type { Caller, Service } from '#service/service.ts';

/** What the virtual phone is built from. */
export interface PhoneOptions {
  readonly service: Pick<Service, 'startVerification' | 'checkCode' | 'readVerification'>;
  readonly sandbox: Sandbox;
  /** Asked at each request: its settings can change while the page is open. */
  readonly application: () => Promise<Application>;
  /** Asked at each request: with port 0 it is known only once the server listens. */
  readonly publicUrl: () => string;
  /** Recipients that behave in a fixed way, for the list on the page. */
  readonly testRecipients?: readonly TestRecipient[];
}

export interface TestRecipient {
  readonly recipient: string;
  /** A short sentence: what happens when a code is sent there. */
  readonly behaviour: string;
}

/** Gives a request the types of its route's schemas. */
export interface SchemaTypes extends FastifyTypeProvider {
  readonly validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
}

/** The plugin's own scope, as the files of its routes see it. */
export type PhoneScope = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  SchemaTypes
>;

/** Who the page acts as. */
export async function phoneCaller(options: Pick<PhoneOptions, 'application'>): Promise<Caller> {
  return { application: await options.application(), origin: 'phone' };
}
