import type { Application } from '#domain/application.ts';
import { ok, type Result } from '#domain/refusal.ts';
import type { Service } from '#service/service.ts';

/** Finds an application by its id, or by its name where only one has it. */
export async function findApplication(
  service: Service,
  word: string,
): Promise<Result<Application, string>> {
  const applications = await service.listApplications();
  const byId = applications.find(({ id }) => id === word);
  if (byId !== undefined) return ok(byId);
  const [first, second] = applications.filter(({ name }) => name === word);
  if (first === undefined) {
    return {
      ok: false,
      error: `There is no application "${word}". See them with \`watchword application list\`.`,
    };
  }
  if (second !== undefined) {
    return { ok: false, error: `More than one application is named "${word}". Use an id.` };
  }
  return ok(first);
}

/** An application as the command line shows it in JSON. */
export function presentApplication(application: Application): object {
  const { id, name, settings, createdAtMs } = application;
  return { id, name, createdAt: new Date(createdAtMs).toISOString(), settings };
}
