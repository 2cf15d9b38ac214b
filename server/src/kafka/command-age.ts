import type { Caller } from '#service/service.ts';
import type { KafkaRecord } from './record.ts';
import type { KafkaSettings } from './settings.ts';

/**
 * Whoever asks, for a command that sends something. One that waited in its topic for longer than
 * the settings allow, because nobody was there to read it, would send a code that nobody waits
 * for. By the record's timestamp, which is the producer's clock or the broker's, as the topic says.
 */
export function inTimeOrNot(
  caller: Caller,
  { timestamp }: KafkaRecord,
  { commandAgeSecondsMax }: Pick<KafkaSettings, 'commandAgeSecondsMax'>,
): Caller {
  // A record may be without a timestamp, which is -1 then.
  if (commandAgeSecondsMax === null || timestamp < 0n) return caller;
  const ageSeconds = (Date.now() - Number(timestamp)) / 1_000;
  if (ageSeconds <= commandAgeSecondsMax) return caller;
  const detail =
    `The command is older than ${commandAgeSecondsMax} seconds, so nothing was sent. Send it ` +
    'again if it is still wanted.';
  return { ...caller, tooLate: { code: 'request_invalid', detail } };
}
