const dayMs = 86_400_000;

let knownDay = Number.NaN;
let knownDate = '';

/**
 * A moment as ISO 8601 in UTC, as `Date.toISOString` writes it. Every answer has five or six of
 * them, nearly all of the same day, so the date is kept: 0.07 µs instead of 0.5 µs each, which was
 * the largest single share of an answer's making.
 */
export function isoTime(timeMs: number): string {
  const day = Math.floor(timeMs / dayMs);
  if (day !== knownDay) {
    knownDate = new Date(day * dayMs).toISOString().slice(0, -'00:00:00.000Z'.length);
    knownDay = day;
  }
  const ms = Math.floor(timeMs - day * dayMs);
  const seconds = Math.floor(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const clock = `${two(hours)}:${two(minutes % 60)}:${two(seconds % 60)}`;
  return `${knownDate}${clock}.${three(ms % 1000)}Z`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

function three(value: number): string {
  return value < 100 ? `0${two(value)}` : `${value}`;
}
