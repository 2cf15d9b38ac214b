/** Which code belongs to what: read from the phone, as the person who holds it would. */
import { handlesOf } from './doors/doors.ts';
import {
  type Call,
  type DoorName,
  type ObservedBody,
  type ObservedMessage,
  type Operation,
  type Start,
  vendors,
} from './operations.ts';
import type { KnownVerification } from './session.ts';

export interface CodeBook {
  /** Every code that was sent or given so far. */
  readonly codes: ReadonlySet<string>;
  idOf(verification: string): string;
  /** By its id, or by what any vendor calls it. */
  nameOf(id: string): string | undefined;
  /** Of everything that was started with this reference. */
  namesOf(reference: string): readonly string[];
  /** The codes of a verification, by its name or its id, the oldest first. */
  codesOf(verification: string): readonly string[];
  codeOf(verification: string, codeVersion: number): string | undefined;
  /** Whether a start with this reference is listed as refused for this. */
  isBlocked(reference: string, reason: string): boolean;
  personOf(id: string): string;
  /** The verifications that were started through a door, by their ids. */
  idsAt(door: DoorName): readonly string[];
  known(): readonly KnownVerification[];
  read(
    listed: readonly ObservedBody[],
    messages: readonly ObservedMessage[],
    calls: readonly Call[],
  ): void;
}

/**
 * What a verification is found again by where its start had no word for a reference. Of a masked
 * recipient the end is shown, and that tells the people of a sequence apart.
 */
export function sharedReference(door: DoorName, purpose: string, recipient: string): string {
  return `${door} ${purpose} ${recipient.slice(-4)}`;
}

export function referenceOf({
  reference,
  origin,
  purpose = '',
  recipient = '',
}: ObservedBody): string {
  if (typeof reference === 'string') return reference;
  const vendor = vendors.find((name) => name === origin);
  return vendor === undefined ? '' : sharedReference(vendor, purpose, recipient);
}

/** The text of our own calls, the vendors' own ones, and the built-in ones. */
function codeIn(text: string): string {
  const found = /(?:Your code is |validation is |request is: |code:\n\n)(\w+)|^(\w+) is your /.exec(
    text,
  );
  const code = found?.[1] ?? found?.[2];
  if (code === undefined) throw new Error(`No code stands in: ${text}`);
  return code;
}

function isStart(operation: Operation): operation is Start {
  return operation.kind === 'start';
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
  const blocked = new Set<string>();
  const byDoor = new Map<DoorName, string[]>();

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
    for (const [reference, items] of Map.groupBy(live, referenceOf)) {
      const starts = calls.map(({ operation }) => operation).filter(isStart);
      const named = byReference.get(reference) ?? [];
      byReference.set(reference, named);
      for (const { id = '', recipient: shown = '' } of items) {
        if (names.has(id)) continue;
        const start = starts.find(
          (one) => one.reference === reference && one.recipient.endsWith(shown.slice(-4)),
        );
        if (start === undefined) throw new Error(`Nobody started ${reference}.`);
        const { application, door, recipient, ledger, purpose, customCode, client } = start;
        const name = named.length === 0 ? reference : `${reference}+${named.length}`;
        named.push(name);
        for (const handle of [id, ...handlesOf(id)]) names.set(handle, name);
        ids.set(name, id);
        byDoor.set(door, [...(byDoor.get(door) ?? []), id]);
        people.set(id, `${application} ${ledger}`);
        const who = client === undefined ? {} : { client };
        found.set(name, { name, application, door, recipient, purpose, ...who });
        // What is not read from the phone: nobody sees that of the other application.
        if (customCode !== null && application === 'other') custom.set(id, customCode);
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
    isBlocked: (reference, reason) => blocked.has(`${reference} ${reason}`),
    personOf: (id) => people.get(id) ?? '',
    idsAt: (door) => byDoor.get(door) ?? [],
    known: () => [...found.values()].toReversed(),
    read(listed, messages, calls) {
      nameVerifications(listed, calls);
      for (const item of listed) {
        if (item.status === 'blocked') blocked.add(`${referenceOf(item)} ${item.blockedReason}`);
      }
      for (const [id, code] of custom) learn(code, id);
      for (const { verificationId, text } of messages.toReversed()) {
        learn(codeIn(text), verificationId);
      }
    },
  };
}
