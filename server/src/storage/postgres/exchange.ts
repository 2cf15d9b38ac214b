/**
 * Several statements in one round trip: they are sent together with one Sync, so they are one
 * transaction, committed when all of them passed
 * (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING).
 *
 * `pg` has no such call, so this speaks its protocol by the interface that cursors use. It asks for
 * no description of the rows either: their columns are known to whoever wrote the statement.
 */
import type { ClientBase, Connection, Submittable } from 'pg';

/** One statement with its values, as texts or in binary; each text is prepared once. */
export interface Command {
  readonly text: string;
  readonly values: readonly (string | Buffer | null)[];
}

/** The columns of a row, as texts. */
export type TextRow = readonly (string | null)[];

export type Exchange = (commands: readonly Command[]) => Promise<readonly (readonly TextRow[])[]>;

/** `canPrepare`: whether names last, or every statement has to be read anew each time. */
export function createExchange(client: ClientBase, canPrepare: boolean): Exchange {
  const names = canPrepare ? { byText: new Map<string, string>(), made: 0 } : null;
  return (commands) =>
    new Promise((resolve, reject) => {
      client.query(new Pipeline(commands, names, { resolve, reject }));
    });
}

/** The statements that a connection has under names; a name is never used twice. */
interface Names {
  readonly byText: Map<string, string>;
  made: number;
}

interface Settle {
  resolve(rows: readonly (readonly TextRow[])[]): void;
  reject(error: Error): void;
}

class Pipeline implements Submittable {
  readonly #commands: readonly Command[];
  readonly #names: Names | null;
  readonly #results: TextRow[][];
  readonly #fresh: string[] = [];
  #at = 0;
  /** `pg` puts its own in front of it, to stop the clock for an answer. */
  callback: (error: Error | null) => void;

  constructor(commands: readonly Command[], names: Names | null, settle: Settle) {
    this.#commands = commands;
    this.#names = names;
    this.#results = commands.map(() => []);
    this.callback = (error) => {
      if (error === null) settle.resolve(this.#results);
      else settle.reject(error);
    };
  }

  submit(connection: Connection): null {
    connection.stream.cork();
    for (const command of this.#commands) this.#send(connection, command);
    connection.sync();
    connection.stream.uncork();
    return null;
  }

  #send(connection: Connection, { text, values }: Command): void {
    let name = this.#names?.byText.get(text) ?? '';
    if (name === '') {
      if (this.#names !== null) {
        name = `s${this.#names.made++}`;
        this.#names.byText.set(text, name);
        this.#fresh.push(text);
      }
      connection.parse({ name, text, types: [] }, true);
    }
    connection.bind({ statement: name, values: [...values] }, true);
    connection.execute({}, true);
  }

  handleDataRow(message: { readonly fields: TextRow }): void {
    this.#results[this.#at]?.push(message.fields);
  }

  handleCommandComplete(): void {
    this.#at++;
  }

  handleEmptyQuery(): void {
    this.#at++;
  }

  handleReadyForQuery(): void {
    this.callback(null);
  }

  handleError(error: Error): void {
    // How far it came is not known: the next one prepares them again, under other names.
    for (const text of this.#fresh) this.#names?.byText.delete(text);
    this.callback(error);
  }
}
