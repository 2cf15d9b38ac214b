/** India has one time zone and no summer time. */
const indiaAheadMs = 5.5 * 3_600_000;

/**
 * `YYYY-MM-DD-HH-MM` in Indian time, as ms since 1970. Undefined when none is given, null for what
 * is no moment.
 */
export function readMoment(word: string | undefined): number | undefined | null {
  if (word === undefined) return undefined;
  const parts = /^(\d{4})-(\d\d)-(\d\d)-(\d\d)-(\d\d)$/.exec(word)?.slice(1).map(Number);
  if (parts === undefined) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = parts;
  const momentMs = Date.UTC(year, month - 1, day, hour, minute);
  // A thirtieth of February would be read as one of March.
  const written = new Date(momentMs).toISOString().slice(0, 16).replace(/[T:]/g, '-');
  return written === word ? momentMs - indiaAheadMs : null;
}
