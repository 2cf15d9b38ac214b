/** Runs sequences against servers, several at a time, and says how to repeat one that failed. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Client, createClient } from './client.ts';
import { type Command, runCommand } from './commands.ts';
import { createVendors, type Vendors } from './doors/vendors.ts';
import type { Settings } from './model.ts';
import type { DoorName, Operation } from './operations.ts';
import savedSequences from './seeds.json' with { type: 'json' };
import { drawSequence, toSessionCommand } from './sequences.ts';
import { openSession, type Session } from './session.ts';
import { openSite, type Site, type SiteOptions, type Target, type TargetKind } from './targets.ts';

export interface Plan {
  readonly kind: TargetKind;
  readonly sequences: number;
  readonly seed: number;
  readonly withCrashes: boolean;
  /** Vendors' calls as well. */
  readonly withDoors: boolean;
  /** Called after each sequence. */
  readonly onProgress?: (figures: Figures) => void;
}

export interface Figures {
  sequences: number;
  calls: number;
  /** How often each kind of call came to each answer. */
  readonly answers: Map<string, number>;
}

/** A sequence as `seeds.json` keeps it. */
export interface SavedSequence {
  readonly why: string;
  readonly settings: Partial<Settings>;
  readonly commands: readonly Command[];
}

/** A clock that is far ahead and a long list of old rows are worth a fresh server now and then. */
const sequencesPerServer = 2_000;

/** How long a failed sequence is made smaller. */
const shrinkMs = 45_000;

export async function runSequences(site: Site, plan: Plan): Promise<Figures> {
  const figures: Figures = { sequences: 0, calls: 0, answers: new Map() };
  const servers = Math.min(plan.kind.servers, plan.sequences);
  const share = Math.ceil(plan.sequences / Math.max(1, servers));
  let hasFailed = false;
  const workers = Array.from({ length: servers }, async (_, worker) => {
    for (let done = 0; done < share && !hasFailed; done += sequencesPerServer) {
      const numRuns = Math.min(sequencesPerServer, share - done);
      const seed = plan.seed + worker * 1_000_003 + done;
      await withTarget(site, plan.kind, (target, clients) =>
        runOn(target, clients, { plan, numRuns, seed, figures, hasFailed: () => hasFailed }),
      );
    }
  });
  const results = await Promise.allSettled(
    workers.map((worker) =>
      worker.catch((error: unknown) => {
        hasFailed = true;
        throw error;
      }),
    ),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return figures;
}

/** Sequences that once failed, on a fresh server. */
export async function rerunSaved(site: Site, kind: TargetKind): Promise<void> {
  await withTarget(site, kind, async (target, clients) => {
    for (const saved of savedSequences as readonly SavedSequence[]) {
      const session = await openSession(target, clients, saved.settings);
      const model = () => ({ model: session, real: session });
      try {
        await fc.asyncModelRun(model, saved.commands.map(toSessionCommand));
      } catch (cause) {
        throw new Error(`A saved sequence fails: ${saved.why}`, { cause });
      }
    }
  });
}

/** The site is closed whatever comes of it. */
export async function withSite<Result>(
  options: SiteOptions,
  use: (site: Site) => Promise<Result>,
): Promise<Result> {
  const site = await openSite(options);
  try {
    return await use(site);
  } finally {
    await site.remove();
  }
}

async function withTarget(
  site: Site,
  kind: TargetKind,
  use: (target: Target, clients: Clients) => Promise<void>,
): Promise<void> {
  const target = await site.startTarget(kind);
  const client = createClient();
  try {
    await use(target, { client, vendors: createVendors(target, client) });
  } finally {
    client.close();
    await target.remove();
  }
}

interface Clients {
  readonly client: Client;
  readonly vendors: Vendors;
}

interface Share {
  readonly plan: Plan;
  readonly numRuns: number;
  readonly seed: number;
  readonly figures: Figures;
  /** Whether another worker found a failure: nobody waits for the rest then. */
  hasFailed(): boolean;
}

async function runOn(target: Target, clients: Clients, share: Share): Promise<void> {
  const { plan, numRuns, seed, figures, hasFailed } = share;
  let shrinkUntilMs = Number.POSITIVE_INFINITY;
  let printed = '';
  const { settings, first: firstStart, commands: later } = drawSequence(plan);
  const property = fc.asyncProperty(
    settings,
    firstStart,
    later,
    async (initial, first, commands) => {
      // What is left out of a failed sequence after this time counts as needed.
      if (Date.now() > shrinkUntilMs || hasFailed()) return;
      try {
        const session = await openSession(target, clients, initial);
        await runCommand(session, first);
        await fc.asyncModelRun(() => ({ model: session, real: session }), commands);
        count(figures, session);
        plan.onProgress?.(figures);
      } catch (error) {
        shrinkUntilMs = Math.min(shrinkUntilMs, Date.now() + shrinkMs);
        printed = target.output().slice(-2_000);
        throw error;
      }
    },
  );
  const result = await fc.check(property, { numRuns, seed });
  if (!result.failed) return;
  const [initial, first, rest] = result.counterexample ?? [];
  const commands = [JSON.stringify(first), String(rest)].filter((text) => text !== '').join();
  const line = `{ "why": "…", "settings": ${JSON.stringify(initial)}, "commands": [${commands}] }`;
  assert.fail(
    `A sequence on ${target.name} failed. Seed ${result.seed}, path ` +
      `${result.counterexamplePath}. To keep it, add this to seeds.json:\n${line}\n` +
      `${String(result.errorInstance)}\nThe server printed:\n${printed}`,
  );
}

function count(figures: Figures, session: Session): void {
  figures.sequences += 1;
  figures.calls += session.calls.length;
  for (const { operation, answer } of session.calls) {
    const verdict = answer?.body.approved === true ? 'approved' : answer?.body.reason;
    const outcome = verdict ?? answer?.body.limit?.name ?? answer?.body.code ?? answer?.status;
    const shown = answer?.isReplayed === true ? 'repeated' : (outcome ?? 'cut off');
    const name = nameOf(operation, answer?.shown?.word ?? shown);
    figures.answers.set(name, (figures.answers.get(name) ?? 0) + 1);
  }
}

/** Vendors' answers are counted by the vendor's own words. */
function nameOf(operation: Operation, answered: string | number): string {
  const isPlain = operation.kind === 'advance-clock' || !isVendor(operation.door);
  return isPlain
    ? `${operation.kind} ${answered}`
    : `${operation.door} ${operation.kind} ${answered}`;
}

/** Or a topic's. */
function isVendor(door: DoorName): boolean {
  return door !== 'api' && door !== 'phone';
}
