import type { CodeSpec, RandomInt } from '#domain/code.ts';
import type { Result } from '#domain/refusal.ts';
import type { DeliveryDispatcher } from '#service/dispatch-deliveries.ts';
import type { Log } from '#service/log-port.ts';
import type { Storage } from '#service/ports.ts';
import type { Proofs } from '#service/proofs.ts';
import type { ProviderRoutes } from '#service/provider-routes.ts';
import type { SandboxEvent } from '#service/sandbox.ts';
import type { TemplateLibrary } from '#service/template-library.ts';
import type { Vault } from '#service/vault.ts';

/** Everything a verb needs. Built once in `create-service.ts`; verbs hold no state of their own. */
export interface ServiceContext {
  readonly storage: Storage;
  readonly vault: Vault;
  readonly proofs: Proofs;
  readonly routes: ProviderRoutes;
  readonly templates: TemplateLibrary;
  readonly dispatcher: DeliveryDispatcher;
  readonly log: Log;
  /** Uniform integers below a bound, from the operating system's generator. */
  readonly randomInt: RandomInt;
  /** Refuses addresses that callbacks must not reach. */
  readonly checkUrl: (url: string, pointer: string) => Result<URL>;
  /** The fixed code of a sandbox test recipient; null for everybody else, and in production. */
  readonly fixedCode: (recipient: string, spec: CodeSpec) => string | null;
  readonly notify: (event: SandboxEvent) => void;
}
