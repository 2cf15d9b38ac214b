import type { Application } from '#domain/application.ts';
import { ok, type Result } from '#domain/refusal.ts';
import type { Service } from '#service/service.ts';

const idsShownMax = 10;

/** Finds an application by its id, or by its name where only one has it. */
export async function findApplication(
  service: Service,
  word: string,
): Promise<Result<Application, string>> {
  const applications = await service.listApplications();
  const byId = applications.find(({ id }) => id === word);
  if (byId !== undefined) return ok(byId);
  const named = applications.filter(({ name }) => name === word);
  const [first] = named;
  if (first === undefined) {
    return {
      ok: false,
      error: `There is no application "${word}". See them with \`watchword application list\`.`,
    };
  }
  if (named.length > 1) {
    const shown = named.slice(0, idsShownMax).map(({ id }) => id);
    const more = named.length > shown.length ? ' and others' : '';
    const ids = `${shown.join(', ')}${more}`;
    return { ok: false, error: `More than one application is named "${word}". Use an id: ${ids}.` };
  }
  return ok(first);
}

/** An application as the command line shows it in JSON. */
export async function presentApplication(
  service: Service,
  application: Application,
): Promise<Readonly<Record<string, unknown>> & { readonly settings: object }> {
  const { id, name, createdAtMs } = application;
  const balance = await service.readBalance(application);
  const settings = { ...application.settings, balance };
  return { id, name, createdAt: new Date(createdAtMs).toISOString(), settings };
}
