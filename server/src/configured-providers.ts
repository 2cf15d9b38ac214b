import {
  createExternalProvider,
  externalProviderName,
} from '#kafka/flowx/notification-external.ts';
import { type ProviderContext, subjectOf } from '#providers/context.ts';
import { createProviders } from '#providers/index.ts';
import type { Provider } from '#service/provider-port.ts';
import type { Config } from './config.ts';
import { kafkaSettingsOf } from './kafka-settings.ts';

/** Those of the setting `providers` and, after them, the topic that SMS are forwarded to. */
export function createConfiguredProviders(
  config: Config,
  context: ProviderContext,
): ReturnType<typeof createProviders> {
  const configured = createProviders(config.providers, context);
  const external = externalProviderOf(config);
  if (!configured.ok || external === null) return configured;
  if (configured.value.some(({ name }) => name === externalProviderName)) {
    const sentence = 'has the name of the topic that SMS are forwarded to. Give it another one.';
    return { ok: false, error: [`${subjectOf(externalProviderName)} ${sentence}`] };
  }
  return { ok: true, value: [...configured.value, external] };
}

function externalProviderOf(config: Config): Provider | null {
  const settings = kafkaSettingsOf(config);
  const topic = settings?.flowx.externalOut ?? null;
  if (settings === null || topic === null) return null;
  return createExternalProvider({
    topic,
    async openProducer() {
      const { createRecordProducer } = await import('#kafka/client.ts');
      return createRecordProducer(settings, 'messages');
    },
  });
}
