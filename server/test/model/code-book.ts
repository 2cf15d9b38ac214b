/** Which code belongs to what: read from the phone, as the person who holds it would. */
import type { Call, ObservedBody, ObservedMessage } from './operations.ts';
import type { KnownVerification } from './session.ts';

export interface CodeBook {
  /** Every code that was sent or given so far. */
  readonly codes: ReadonlySet<string>;
  idOf(verification: string): string;
  nameOf(id: string): string | undefined;
  /** Of everything that was started with this reference. */
  namesOf(reference: string): readonly string[];
  /** The codes of a verification, by its name or its id, the oldest first. */
  codesOf(verification: string): readonly string[];
  codeOf(verification: string, codeVersion: number): string | undefined;
  personOf(id: string): string;
  known(): readonly KnownVerification[];
  read(
    listed: readonly ObservedBody[],
    messages: readonly ObservedMessage[],
    calls: readonly Call[],
  ): void;
}

export function createCodeBook(prefix: string): CodeBook {
  const names = new Map<string, string>();
  const byReference = new Map<string, string[]>();
  const ids = new Map<string, string>();
  const people = new Map<string, string>();
  const found = new Map<string, KnownVerification>();
  const custom = new Map<string, string>();
  const sent = new Map<string, string[]>();
  const codes = new Set<string>();

  const codesOf = (verification: string): readonly string[] => {
    const id = ids.get(verification) ?? verification;
    return sent.get(id) ?? [];
  };

  function learn(code: string, id: string): void {
    codes.add(code);
    const known = sent.get(id) ?? [];
    // A message may come twice; a code is one version however often it comes.
    if (!known.includes(code)) known.push(code);
    sent.set(id, known);
  }

  /** Starts are found again by their reference, whether they were answered or not. */
  function nameVerifications(listed: readonly ObservedBody[], calls: readonly Call[]): void {
    const live = listed.filter(({ status }) => status !== 'blocked').toReversed();
    for (const [reference, items] of Map.groupBy(live, (item) => item.reference ?? '')) {
      const start = calls.find(
        ({ operation }) => operation.kind === 'start' && operation.reference === reference,
      );
      if (start?.operation.kind !== 'start') throw new Error(`Nobody started ${reference}.`);
      const { application, recipient, ledger, purpose, customCode } = start.operation;
      const named = byReference.get(reference) ?? [];
      byReference.set(reference, named);
      for (const { id = '' } of items) {
        if (names.has(id)) continue;
        const name = named.length === 0 ? reference : `${reference}+${named.length}`;
        named.push(name);
        names.set(id, name);
        ids.set(name, id);
        people.set(id, `${application} ${ledger}`);
        found.set(name, { name, application, recipient, purpose });
        if (customCode !== null) custom.set(id, customCode);
      }
    }
  }

  return {
    codes,
    idOf: (verification) => ids.get(verification) ?? `vf_${prefix}`,
    nameOf: (id) => names.get(id),
    namesOf: (reference) => byReference.get(reference) ?? [],
    codesOf,
    codeOf: (verification, codeVersion) => codesOf(verification)[codeVersion - 1],
    personOf: (id) => people.get(id) ?? '',
    known: () => [...found.values()].toReversed(),
    read(listed, messages, calls) {
      nameVerifications(listed, calls);
      for (const [id, code] of custom) learn(code, id);
      for (const { verificationId, text } of messages.toReversed()) {
        const code = /Your code is ([0-9A-Za-z]+)/.exec(text)?.[1];
        if (code !== undefined) learn(code, verificationId);
      }
    },
  };
}
