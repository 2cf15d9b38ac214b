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

export function createApplicationNumbers(
  readAll: () => Promise<readonly { readonly id: string; readonly number: number }[]>,
): ApplicationNumbers {
  const numbers = new Map<string, number>();
  const ids = new Map<number, string>();
  return {
    numberOf: (id) => numbers.get(id),
    idOf(number) {
      const id = ids.get(number);
      if (id === undefined)
        throw new UnknownApplication(`Row of an unknown application: ${number}`);
      return id;
    },
    async read() {
      for (const { id, number } of await readAll()) {
        numbers.set(id, number);
        ids.set(number, id);
      }
    },
  };
}
