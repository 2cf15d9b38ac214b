/** Names of rows that a step works on. */
export type Key =
  | { readonly table: 'application'; readonly id: string }
  /** Comes with its recipient's ledger, where that lies in its shard. */
  | { readonly table: 'verification'; readonly id: string; readonly withDeliveries: boolean }
  | { readonly table: 'delivery'; readonly id: string }
  | { readonly table: 'ledger'; readonly application: number; readonly key: string }
  | { readonly table: 'idempotency'; readonly keyHash: string }
  | {
      readonly table: 'budget';
      readonly application: number;
      readonly day: number;
      readonly scope: string;
    };

export type KeyOf<Table extends Key['table']> = Extract<Key, { readonly table: Table }>;

/** How a set of rows names its cells, and back. */
export const cells = {
  verification: (id: string): Key => ({ table: 'verification', id, withDeliveries: false }),
  delivery: (id: string): Key => ({ table: 'delivery', id }),
  idempotency: (keyHash: string): Key => ({ table: 'idempotency', keyHash }),
  ledger(cell: string): Key {
    const at = cell.indexOf(' ');
    return { table: 'ledger', application: Number(cell.slice(0, at)), key: cell.slice(at + 1) };
  },
  budget(cell: string): Key {
    const [application, day, scope = ''] = cell.split(' ');
    return { table: 'budget', application: Number(application), day: Number(day), scope };
  },
};

export function ledgerCell(application: number, key: string): string {
  return `${application} ${key}`;
}

export function budgetCell(application: number, day: number, scope: string): string {
  return `${application} ${day} ${scope}`;
}

/** How the cell of a row is called among those of its table. */
export function cellOf(key: Key): string {
  switch (key.table) {
    case 'application':
    case 'verification':
    case 'delivery':
      return key.id;
    case 'ledger':
      return ledgerCell(key.application, key.key);
    case 'idempotency':
      return key.keyHash;
    case 'budget':
      return budgetCell(key.application, key.day, key.scope);
    default:
      return key satisfies never;
  }
}
