import { emptyLedger, isForgettable } from '#domain/limits.ts';
import { ledgerCell } from '#storage/postgres/keys.ts';
import type { LiveVerification } from '#storage/postgres/ledger-columns.ts';
import type { WorkingSet } from '#storage/postgres/working-set.ts';
import type { Tables } from '#storage/steps/tables.ts';

export function createLedgerTable({ ledgers: rows }: WorkingSet): Tables['ledgers'] {
  return {
    read(application, key, nowMs) {
      const row = rows.find(ledgerCell(application, key));
      // What may be forgotten counts as forgotten, however far the purge has come.
      const isOver = row === null || isForgettable(row.ledger, nowMs);
      return {
        number: null,
        application,
        key,
        ledger: isOver ? emptyLedger : row.ledger,
        live: new Map([...(row?.live ?? [])].map(([liveKey, { id }]) => [liveKey, id])),
      };
    },
    write({ application, key, ledger, live }) {
      const cell = ledgerCell(application, key);
      const before = rows.find(cell);
      const counted = [...live].map(([liveKey, id]): [string, LiveVerification] => {
        const known = before?.live.get(liveKey);
        return [liveKey, known?.id === id ? known : { id, checksUsed: 0 }];
      });
      const row = { application, key, ledger, live: new Map(counted) };
      if (before === null) rows.insert(cell, row);
      else rows.change(cell, row);
    },
  };
}
