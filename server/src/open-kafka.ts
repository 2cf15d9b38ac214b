import { randomUUID } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { createNativeCalls } from '#api/native-calls.ts';
import type { KafkaDoor } from '#kafka/door.ts';
import { createEventSource } from '#service/event-source.ts';
import type { Storage } from '#service/ports.ts';
import type { Service } from '#service/service.ts';
import type { Vault } from '#service/vault.ts';
import type { Config } from './config.ts';
import { kafkaSettingsOf } from './kafka-settings.ts';
import type { ServerLog } from './log.ts';
import { StartRefused } from './start-refused.ts';

/**
 * Opens the door to Kafka where it is on, and loads it only then: its library would make every
 * start a fifth of a second longer. Does not wait for a broker.
 */
export async function openKafkaWhereOn(
  config: Config,
  parts: {
    readonly service: Service;
    readonly storage: Storage;
    readonly vault: Vault;
    readonly publicUrl: string;
    readonly developmentApplication: string | undefined;
    readonly log: ServerLog;
  },
): Promise<KafkaDoor | null> {
  const settings = kafkaSettingsOf(config);
  if (settings === null) return null;
  const { service, publicUrl, log } = parts;
  if (settings.caFile !== null && !canRead(settings.caFile)) {
    throw new StartRefused(
      `WATCHWORD_KAFKA_CA_FILE names ${settings.caFile}, which cannot be read. Correct the path, ` +
        'or make the file readable.',
    );
  }
  const application = config.kafkaApplication ?? parts.developmentApplication ?? '';
  if (!(await service.readApplication(application)).ok) {
    throw new StartRefused(
      `There is no application ${application}, which WATCHWORD_KAFKA_APPLICATION names. ` +
        '`watchword application list` shows all of them.',
    );
  }
  const { openKafka } = await import('#kafka/door.ts');
  return openKafka({
    ...{ settings, service, application, publicUrl, log },
    calls: createNativeCalls(service),
    events: createEventSource(parts, randomUUID()),
  });
}

function canRead(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
