import { isoTime } from '#api/iso-time.ts';
import type { ApplicationAnswer } from '#api/schemas/application.ts';
import type { TemplateAnswer } from '#api/schemas/template.ts';
import type { Application } from '#domain/application.ts';
import type { StoredTemplate } from '#service/records.ts';
import type { Service } from '#service/service.ts';

/** An application as its owner sees it: the settings stand beside its name, not below it. */
export async function presentApplication(
  service: Pick<Service, 'callbackSecret' | 'readBalance'>,
  application: Application,
): Promise<ApplicationAnswer> {
  const { id, name, createdAtMs, settings } = application;
  return {
    id,
    name,
    callbackSecret: service.callbackSecret(id),
    createdAt: isoTime(createdAtMs),
    ...settings,
    balance: settings.balance === null ? null : await service.readBalance(application),
    channels: [...settings.channels],
    resendWaitsSeconds: [...settings.resendWaitsSeconds],
    providers: presentProviders(settings.providers),
  };
}

export function presentTemplate({ template, updatedAtMs }: StoredTemplate): TemplateAnswer {
  return {
    name: template.name,
    state: template.state,
    purposes: [...template.purposes],
    variants: [...template.variants],
    updatedAt: isoTime(updatedAtMs),
  };
}

function presentProviders(
  providers: Application['settings']['providers'],
): ApplicationAnswer['providers'] {
  return Object.fromEntries(
    Object.entries(providers).map(([channel, names]) => [channel, [...(names ?? [])]]),
  );
}
