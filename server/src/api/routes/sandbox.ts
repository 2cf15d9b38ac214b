import type { ApiContext } from '#api/route.ts';
import type { Sandbox } from '#service/sandbox.ts';

/** The sandbox, on a route that is mounted only where there is one. */
export function sandboxOf(context: ApiContext): Sandbox {
  if (context.sandbox === null) throw new Error('A sandbox route was mounted without a sandbox.');
  return context.sandbox;
}
