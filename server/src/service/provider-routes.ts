import type { ApplicationSettings } from '#domain/application.ts';
import type { ChannelName } from '#domain/channels/channel.ts';
import type { Provider } from '#service/provider-port.ts';

/** Which providers are tried for a channel, in which order. */
export interface ProviderRoutes {
  readonly providers: readonly Provider[];
  byName(name: string): Provider | null;
  /** In the order they are tried; empty when nobody serves the channel. */
  forChannel(
    channel: ChannelName,
    settings: Pick<ApplicationSettings, 'providers'>,
  ): readonly Provider[];
}

export function createProviderRoutes(providers: readonly Provider[]): ProviderRoutes {
  const named = new Map(providers.map((provider) => [provider.name, provider]));
  const serving = new Map<ChannelName, Provider[]>();
  for (const provider of providers) {
    for (const channel of provider.channels) {
      serving.set(channel, [...(serving.get(channel) ?? []), provider]);
    }
  }
  return {
    providers,
    byName: (name) => named.get(name) ?? null,
    forChannel(channel, settings) {
      const servers = serving.get(channel) ?? [];
      const wanted = settings.providers[channel];
      if (wanted === undefined) return servers;
      return wanted.flatMap((name) => servers.filter((provider) => provider.name === name));
    },
  };
}
