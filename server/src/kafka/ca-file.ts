import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { KafkaTrouble } from './trouble.ts';

/** The authority of the brokers' certificates. Throws `KafkaTrouble`, which says what to do. */
export function readCaFile(file: string): Buffer {
  try {
    const content = readFileSync(file);
    new X509Certificate(content);
    return content;
  } catch (error) {
    const sentence =
      `WATCHWORD_KAFKA_CA_FILE names ${file}, which is no readable file with a certificate in ` +
      'PEM form. Correct the path, or the file.';
    throw new KafkaTrouble('other', sentence, error);
  }
}
