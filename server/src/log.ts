import { type Logger, type LoggerOptions, pino } from 'pino';
import pretty from 'pino-pretty';

export type ServerLog = Logger;

/**
 * JSON lines on stdout, one for each event; on a terminal, lines for people. What could name a
 * person or open a door is cut out here too, although nobody should hand it over.
 */
export function createLog(level: string): ServerLog {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: ['code', 'recipient', 'destination', 'authorization', 'apiKey', '*.authorization'],
      censor: '[hidden]',
    },
  };
  if (!process.stdout.isTTY) return pino(options, pino.destination({ dest: 1, sync: false }));
  return pino(options, pretty({ colorize: true, translateTime: 'HH:MM:ss' }));
}
