/**
 * What a façade is: a door in another vendor's wire format. It owns no state and no rule; it turns
 * the vendor's words into verbs of the service, and what they answer into the vendor's words.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FacadeName } from '#compat/names.ts';
import type { BodyRules } from '#compat/read-bodies.ts';
import type { FacadeDefinition } from '#service/facade-port.ts';
import type { RequestFault } from '#service/request-fault.ts';
import type { Caller, Service } from '#service/service.ts';

export interface Facade extends FacadeDefinition {
  readonly name: FacadeName;
  readonly bodies: BodyRules;
  /**
   * What its paths, and nobody else's, begin with: whole segments, in small letters. A call that it
   * does not have is answered in the vendor's words below them.
   */
  readonly roots: readonly string[];
  /** Its calls, at the paths that they have on the vendor's own host. */
  routes(parts: FacadeParts): readonly FacadeRoute[];
  /**
   * Answers what is wrong with a request as a whole: in the vendor's shape, and with the vendor's
   * code where there is one. The status of HTTP is set here too; `faultStatus` has the usual one.
   */
  answerFault(fault: RequestFault, reply: FastifyReply): FastifyReply;
}

/** What a façade may use. */
export interface FacadeParts {
  readonly service: Service;
}

export interface FacadeRoute {
  /** Every other method of these paths is answered as a fault. */
  readonly methods: readonly ('GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE')[];
  /** With parameters as `:name`; one with a slash at its end is another path. */
  readonly paths: readonly string[];
  /** Runs before the body is read: sets `request.caller`, or answers. */
  authenticate?(request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
  handle(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>;
}

/** Clients write the path of a call with a slash at its end too. */
export function eitherEnd(path: string): readonly string[] {
  return [path, `${path}/`];
}

/** Who asks, on a route that has authenticated. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new Error('This route was mounted without authentication.');
  return request.caller;
}
