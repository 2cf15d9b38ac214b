import type { Sql } from '#storage/postgres/sql.ts';

/** A number that this node has not read yet: another node made the application. */
export class UnknownApplication extends Error {}

/** Which application has which number: both stay for good, so what was read once holds. */
export interface ApplicationNumbers {
  numberOf(id: string): number | undefined;
  /** Throws `UnknownApplication` for a number that was not read. */
  idOf(number: number): string;
  /** Reads all of them again. */
  read(): Promise<void>;
}

export interface KnownNumbers {
  readonly numbers: Map<string, number>;
  readonly ids: Map<number, string>;
}

export function createKnownNumbers(): KnownNumbers {
  return { numbers: new Map(), ids: new Map() };
}

/** By any connection: whoever holds one reads with it, into what all of them know. */
export function createApplicationNumbers(
  sql: Sql,
  { numbers, ids }: KnownNumbers,
): ApplicationNumbers {
  return {
    numberOf: (id) => numbers.get(id),
    idOf(number) {
      const id = ids.get(number);
      if (id === undefined)
        throw new UnknownApplication(`Row of an unknown application: ${number}`);
      return id;
    },
    async read() {
      for (const { id, number } of await sql.rows<NumberRow>(readAll)) {
        numbers.set(id, number);
        ids.set(number, id);
      }
    },
  };
}

interface NumberRow {
  readonly id: string;
  readonly number: number;
}

const readAll = 'SELECT id, number FROM application';
