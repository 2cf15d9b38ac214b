import type { Application } from '#domain/application.ts';
import type { Service } from '#service/service.ts';

/** As long as every door may take to see changed settings. */
const freshForMs = 1_000;

/** The application that commands belong to, as its settings are now. */
export function createApplicationSource(
  service: Pick<Service, 'readApplication'>,
  id: string,
): () => Promise<Application> {
  let kept: { readonly application: Promise<Application>; readonly readAtMs: number } | null = null;

  async function read(): Promise<Application> {
    const found = await service.readApplication(id);
    if (!found.ok) throw new Error(found.error.detail);
    return found.value;
  }

  return () => {
    if (kept === null || Date.now() - kept.readAtMs > freshForMs) {
      const application = read();
      kept = { application, readAtMs: Date.now() };
      // One that could not be read is read again by whoever asks next.
      application.catch(() => {
        if (kept?.application === application) kept = null;
      });
    }
    return kept.application;
  };
}
