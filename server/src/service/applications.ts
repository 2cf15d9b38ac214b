import { hash } from 'node:crypto';
import {
  type Application,
  type ApplicationSettings,
  defaultSettings,
} from '#domain/application.ts';
import { balanceScope, messagesLeft } from '#domain/balance.ts';
import type { FacadeSettingsReaders } from '#domain/facade-settings.ts';
import { readSettings } from '#domain/read-settings.ts';
import { ok, type Result, refuse } from '#domain/refusal.ts';
import type { ServiceContext } from '#service/context.ts';
import type { FacadeDefinition } from '#service/facade-port.ts';
import { makeId } from '#service/make-id.ts';
import { type Storage, StorageUnavailable } from '#service/ports.ts';
import type { Service, SettingsPatch } from '#service/service.ts';
import type { InTurn } from '#service/turns.ts';

/** How long an application's settings, and a revoked key, may go unnoticed on another node. */
const freshMs = 1_500;
/** Unknown keys are remembered too, but only so many: a guesser must not fill the memory. */
const knownKeysMax = 10_000;
const nameCharactersMax = 40;
/** Each round that fails is one that somebody else won. */
const changeRoundsMax = 20;

export interface ApplicationDirectory {
  authenticate: Service['authenticate'];
  /** Settings as of at most 1.5 s ago. */
  current(applicationId: string): Promise<Application | null>;
  /** Reads everything again at its next use. */
  forget(): void;
}

/** Who holds a key, and what applications are set to, without asking storage for each request. */
export function createApplicationDirectory(storage: Storage): ApplicationDirectory {
  let byKey = new Map<string, { applicationId: string | null; readAtMs: number }>();
  const byId = new Map<string, { application: Promise<Application | null>; readAtMs: number }>();

  function current(applicationId: string): Promise<Application | null> {
    const known = byId.get(applicationId);
    if (known !== undefined && isFresh(known)) return known.application;
    const application = storage.readApplication(applicationId);
    byId.set(applicationId, { application, readAtMs: performance.now() });
    // A failed read is forgotten, so that the next request asks again.
    application.catch(() => byId.delete(applicationId));
    return application;
  }

  return {
    current,
    async authenticate(apiKey) {
      const keyHash = hashApiKey(apiKey);
      const known = byKey.get(keyHash);
      if (known !== undefined && isFresh(known)) {
        return known.applicationId === null ? null : current(known.applicationId);
      }
      // What is forgotten while it is read goes into the map that nobody looks into any more.
      const keys = byKey;
      const readAtMs = performance.now();
      const record = await storage.findApiKey(keyHash);
      const isLive = record !== null && record.revokedAtMs === null;
      const applicationId = isLive ? record.applicationId : null;
      if (keys.size >= knownKeysMax) keys.clear();
      keys.set(keyHash, { applicationId, readAtMs });
      return applicationId === null ? null : current(applicationId);
    },
    forget() {
      byKey = new Map();
      byId.clear();
    },
  };
}

/** By a clock that never goes back: a machine's clock that does must not keep a key alive. */
function isFresh(known: { readonly readAtMs: number }): boolean {
  return performance.now() - known.readAtMs < freshMs;
}

/** API keys carry 130 random bits, so a plain hash is enough: there is nothing to guess. */
export function hashApiKey(apiKey: string): string {
  return hash('sha256', apiKey, 'base64url');
}

type ApplicationVerbs = Pick<
  Service,
  | 'createApplication'
  | 'readApplication'
  | 'listApplications'
  | 'readBalance'
  | 'changeSettings'
  | 'createApiKey'
  | 'listApiKeys'
  | 'revokeApiKey'
>;

type SettingsContext = Pick<ServiceContext, 'storage' | 'checkUrl' | 'routes'> & {
  readonly facades: readonly FacadeDefinition[];
};

export function createApplicationVerbs(
  context: SettingsContext,
  directory: ApplicationDirectory,
  inTurn: InTurn,
): ApplicationVerbs {
  const { storage } = context;
  const { read, changeSettings } = createSettingsChange(context, directory);

  return {
    async createApplication(name, settings = {}) {
      const trimmed = name.trim();
      const isName = trimmed !== '' && trimmed.length <= nameCharactersMax;
      if (!isName || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(trimmed)) {
        return refuse(
          'request_invalid',
          `An application's name has 1 to ${nameCharactersMax} characters on one line; it stands ` +
            'in the messages.',
          { pointer: '/name' },
        );
      }
      const checked = checkSettings(context, defaultSettings, settings);
      if (!checked.ok) return checked;
      const application = {
        id: makeId('app'),
        name: trimmed,
        settings: await withBalanceFromNow(storage, checked.value, null),
        createdAtMs: await storage.now(),
      };
      await storage.createApplication(application);
      return ok(application);
    },
    readApplication: read,
    listApplications: () => storage.listApplications(),
    async readBalance({ id, settings: { balance } }) {
      if (balance === null) return null;
      const takenMicros = await storage.readSpent(id, balanceScope(balance));
      return { messages: messagesLeft(balance, takenMicros) };
    },
    // Storage keeps two changes apart, on any node: one is saved only over what it was made from.
    // The turn is for templates: on this node none goes, or becomes a draft, between the look at it
    // and its becoming the default.
    changeSettings: (applicationId, patch) =>
      inTurn(applicationId, () => changeSettings(applicationId, patch)),
    async createApiKey(applicationId, label) {
      const application = await read(applicationId);
      if (!application.ok) return application;
      if (label.length > 100 || /[\p{Cc}]/u.test(label)) {
        return refuse('request_invalid', 'A label has at most 100 characters on one line.');
      }
      const apiKey = makeId('wk');
      const record = {
        id: makeId('key'),
        applicationId,
        label,
        createdAtMs: await storage.now(),
        revokedAtMs: null,
      };
      const isNew = await storage.createApiKey({ ...record, hash: hashApiKey(apiKey) });
      if (!isNew) throw new Error('A random API key came twice.');
      return ok({ record, apiKey });
    },
    listApiKeys: (applicationId) => storage.listApiKeys(applicationId),
    async revokeApiKey(id) {
      const isRevoked = await storage.revokeApiKey(id);
      directory.forget();
      return isRevoked
        ? ok(null)
        : refuse('request_invalid', `There is no API key "${id}". List them to see their ids.`);
    },
  };
}

/** Settings are read, checked and written, and nothing that was written meanwhile is lost. */
function createSettingsChange(context: SettingsContext, directory: ApplicationDirectory) {
  const { storage } = context;

  async function read(id: string): Promise<Result<Application>> {
    const application = await storage.readApplication(id);
    return application === null ? noApplication(id) : ok(application);
  }

  async function change(
    applicationId: string,
    patch: SettingsPatch,
  ): Promise<Result<Application> | 'changed'> {
    const before = await read(applicationId);
    if (!before.ok) return before;
    const settings = checkSettings(context, before.value.settings, patch);
    if (!settings.ok) return settings;
    const { template } = settings.value;
    if (template !== null && template !== before.value.settings.template) {
      const found = await storage.readTemplate(applicationId, template);
      if (found === null) return noTemplate(template);
      if (found.template.state === 'draft') return draftTemplate(template);
    }
    const after = await withBalanceFromNow(storage, settings.value, before.value.settings.balance);
    const saved = await storage.saveSettings(applicationId, after, before.value.settings);
    directory.forget();
    if (saved === 'changed') return 'changed';
    return saved === null ? noApplication(applicationId) : ok(saved);
  }

  /** What another node or the command line changed meanwhile is read again, and stays. */
  async function changeSettings(
    applicationId: string,
    patch: SettingsPatch,
  ): Promise<Result<Application>> {
    for (let round = 0; round < changeRoundsMax; round++) {
      const changed = await change(applicationId, patch);
      if (changed !== 'changed') return changed;
    }
    throw new StorageUnavailable('The settings are being changed by others all the time.');
  }

  return { read, changeSettings };
}

function checkSettings(
  context: Omit<SettingsContext, 'storage'>,
  before: ApplicationSettings,
  patch: object,
): Result<ApplicationSettings> {
  const settings = readSettings(before, { ...patch }, facadeReaders(context));
  if (!settings.ok) return settings;
  const { callbackUrl, providers } = settings.value;
  if (callbackUrl !== null && callbackUrl !== before.callbackUrl) {
    const url = context.checkUrl(callbackUrl, '/callbackUrl');
    if (!url.ok) return url;
  }
  for (const [channel, names] of Object.entries(providers)) {
    const unknown = names?.find((name) => context.routes.byName(name) === null);
    if (unknown === undefined || names === before.providers[channel as 'sms']) continue;
    return refuse(
      'request_invalid',
      `No provider "${unknown}" is configured. Configured are: ` +
        `${context.routes.providers.map(({ name }) => name).join(', ') || 'none'}.`,
      { pointer: `/providers/${channel}` },
    );
  }
  return settings;
}

/** A balance that was set counts from its moment on, which no balance before it had. */
async function withBalanceFromNow(
  storage: Pick<Storage, 'now'>,
  settings: ApplicationSettings,
  before: ApplicationSettings['balance'],
): Promise<ApplicationSettings> {
  const { balance } = settings;
  if (balance === null || balance === before) return settings;
  const setAtMs = Math.max(await storage.now(), (before?.setAtMs ?? 0) + 1);
  return { ...settings, balance: { ...balance, setAtMs } };
}

function facadeReaders(
  context: Pick<SettingsContext, 'facades' | 'checkUrl'>,
): FacadeSettingsReaders {
  return new Map(
    context.facades.map(({ name, readSettings: read }) => [
      name,
      (before, patch) => read(before, patch, context),
    ]),
  );
}

function noTemplate(name: string): Result<never> {
  return refuse(
    'template_not_found',
    `There is no template "${name}". Make it with PUT /v1/templates/${name} first.`,
    { pointer: '/template' },
  );
}

function draftTemplate(name: string): Result<never> {
  return refuse(
    'template_invalid',
    `The template "${name}" is a draft. Set its state to approved first.`,
    { pointer: '/template' },
  );
}

function noApplication(id: string): Result<never> {
  return refuse('request_invalid', `There is no application "${id}". List them to see their ids.`);
}
