import type { Batching } from '#storage/postgres/batch.ts';

/** How far something that takes many steps has come; '' is the beginning. */
export interface Position {
  readonly position: string;
  readonly movedAtMs: number;
}

export async function readPosition({ exchange }: Batching, name: string): Promise<Position> {
  const text = 'SELECT position, moved_at_ms FROM purge_position WHERE name = $1';
  const [rows] = await exchange([{ text, values: [name] }]);
  const [position, movedAtMs] = rows?.[0] ?? [];
  return { position: position ?? '', movedAtMs: Number(movedAtMs ?? 0) };
}

export async function writePosition(
  { exchange }: Batching,
  name: string,
  { position, movedAtMs }: Position,
): Promise<void> {
  const text =
    'INSERT INTO purge_position (name, position, moved_at_ms) VALUES ($1, $2, $3) ' +
    'ON CONFLICT (name) DO UPDATE SET position = excluded.position, ' +
    'moved_at_ms = excluded.moved_at_ms';
  await exchange([{ text, values: [name, position, String(movedAtMs)] }]);
}
