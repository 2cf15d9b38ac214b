import { randomUUID } from 'node:crypto';
import { createNativeCalls } from '#api/native-calls.ts';
import { readCaFile } from '#kafka/ca-file.ts';
import type { KafkaDoor } from '#kafka/door.ts';
import type { KafkaSettings } from '#kafka/settings.ts';
import { readTrouble } from '#kafka/trouble.ts';
import { createEventSource } from '#service/event-source.ts';
import type { KafkaInspection } from '#service/kafka-port.ts';
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
  const unreadable = caFileFault(settings);
  if (unreadable !== null) throw new StartRefused(unreadable);
  const application = config.kafkaApplication ?? parts.developmentApplication ?? '';
  if (!(await service.readApplication(application)).ok) {
    throw new StartRefused(
      `There is no application with the id ${application}, which WATCHWORD_KAFKA_APPLICATION ` +
        'names. `watchword application list` shows the ids.',
    );
  }
  const { openKafka } = await import('#kafka/door.ts');
  return openKafka({
    ...{ settings, service, application, publicUrl, log },
    calls: createNativeCalls(service),
    events: createEventSource(parts, randomUUID()),
  });
}

/** For `watchword doctor`; null where Kafka is off. */
export async function inspectKafkaWhereOn(config: Config): Promise<KafkaInspection | null> {
  const settings = kafkaSettingsOf(config);
  if (settings === null) return null;
  const unreadable = caFileFault(settings);
  if (unreadable !== null) return { kind: 'unreached', detail: unreadable };
  const { inspectKafka } = await import('#kafka/inspect.ts');
  return inspectKafka(settings);
}

function caFileFault({ caFile }: KafkaSettings): string | null {
  if (caFile === null) return null;
  try {
    readCaFile(caFile);
    return null;
  } catch (error) {
    return readTrouble(error).message;
  }
}
