/**
 * What a sequence is made of. A command is plain data, so that one that failed can be kept in
 * `seeds.json` and read by people; what it names (the second newest verification, the code before
 * the last) is looked up when it runs, so that it still means something when others are left out.
 */
import { sharedReference } from './code-book.ts';
import { doors } from './doors/doors.ts';
import type { Settings } from './model.ts';
import type { Channel, Destination, Operation, Vendor } from './operations.ts';
import { ledgerOf, peopleOf } from './people.ts';
import type { KnownVerification, Line, Session } from './session.ts';

export type StartCommand = {
  readonly do: 'start';
  readonly person: number;
  readonly way: number;
  readonly purpose: number;
  readonly customCode: string | null;
  readonly checksMax: number | null;
  readonly lifetimeSeconds: number | null;
  readonly isOther: boolean;
  readonly hasKey: boolean;
  /** Our own API where it is left out. */
  readonly door?: Vendor;
  readonly codeLength?: number | null;
  /** The clock is moved before, so that no wait stands in the way. */
  readonly afterSeconds: number;
};

export type CallCommand =
  | StartCommand
  | {
      readonly do: 'check';
      readonly target: number;
      readonly code: 'right' | 'wrong' | 'old' | 'foreign';
      /** `own` is the one that the verification began at. */
      readonly door: 'api' | 'phone' | 'recipient' | 'own' | Vendor;
      /** At a vendor's door that knows codes by their recipients too. */
      readonly isByRecipient?: boolean;
      readonly isStranger: boolean;
      readonly hasKey: boolean;
    }
  | {
      readonly do: 'resend';
      readonly target: number;
      readonly way: number | null;
      readonly isStranger: boolean;
      readonly hasKey: boolean;
      readonly door?: 'fast2sms';
      readonly isByRecipient?: boolean;
      readonly afterSeconds: number;
    }
  | {
      readonly do: 'cancel';
      readonly target: number;
      readonly door?: 'smscx';
      readonly isStranger: boolean;
      readonly hasKey: boolean;
    }
  /** The same request again with its key, or another body under it. */
  | { readonly do: 'repeat'; readonly call: number; readonly isChanged: boolean }
  /** A start as one before, the newest first, that is for itself all the same. */
  | { readonly do: 'again'; readonly start: number; readonly afterSeconds: number }
  | { readonly do: 'advance'; readonly seconds: number };

/** The commands of one client, run by a node, one after the other. */
export type ClientCommands = { readonly node: number; readonly commands: readonly CallCommand[] };

export type Command =
  | CallCommand
  | { readonly do: 'change'; readonly settings: Partial<Settings> }
  /** Several wrong guesses at once, at one that is there or at one that is started for it. */
  | {
      readonly do: 'guess';
      readonly target: number;
      readonly count: number;
      /** Taken in turn; our own API where they are left out. */
      readonly doors?: readonly GuessDoor[];
    }
  | {
      readonly do: 'burn';
      readonly start: StartCommand;
      readonly count: number;
      readonly doors?: readonly GuessDoor[];
    }
  /** `isSame`: every client sends the first one's requests, with the same keys. */
  | {
      readonly do: 'together';
      readonly clients: readonly ClientCommands[];
      readonly isSame: boolean;
    }
  | {
      readonly do: 'crash';
      readonly node: number;
      readonly afterMs: number;
      readonly clients: readonly ClientCommands[];
    };

export type GuessDoor = (CallCommand & { do: 'check' })['door'];

export async function runCommand(session: Session, command: Command): Promise<void> {
  switch (command.do) {
    case 'change':
      return session.change(command.settings);
    case 'guess':
      return guessWrong(session, command.target, command);
    case 'burn':
      await runCommand(session, command.start);
      return guessWrong(session, 0, command);
    case 'together':
      return runTogether(session, command.clients, command.isSame);
    case 'crash': {
      const { node, afterMs } = command;
      // What is lost in a crash must be found again; the clock stands still meanwhile.
      const clients = command.clients.map((client) => ({
        node: client.node,
        commands: client.commands
          .filter((one) => one.do !== 'advance')
          .map((one) => ('afterSeconds' in one ? { ...one, afterSeconds: 0 } : one)),
      }));
      return session.run(plan(session, clients), { node, afterMs });
    }
    default:
      return runTogether(session, [{ node: session.calls.length, commands: [command] }], false);
  }
}

function guessWrong(
  session: Session,
  target: number,
  { count, doors = ['api'] }: { readonly count: number; readonly doors?: readonly GuessDoor[] },
): Promise<void> {
  const asked = { do: 'check', code: 'wrong', isStranger: false, hasKey: false } as const;
  const clients = Array.from({ length: count }, (_, node) => {
    const door = pick(doors, node) ?? 'api';
    return { node, commands: [{ ...asked, target, door }] };
  });
  return runTogether(session, clients, false);
}

async function runTogether(
  session: Session,
  clients: readonly ClientCommands[],
  isSame: boolean,
): Promise<void> {
  const lines = plan(session, isSame ? clients.slice(0, 1) : clients);
  const [first = []] = lines;
  const repeated = isSame
    ? clients.map(({ node }) => first.map(({ operation }) => ({ operation, node })))
    : lines;
  if (repeated.some((line) => line.length > 0)) await session.run(repeated);
}

/** The calls that the commands mean now. A command that means nothing here is left out. */
function plan(session: Session, clients: readonly ClientCommands[]): Line[] {
  return clients.map(({ node, commands }) =>
    commands.flatMap((command) => {
      const operation = operationFor(session, command);
      if (operation === null) return [];
      const seconds = 'afterSeconds' in command ? command.afterSeconds : 0;
      const before: Operation[] = seconds > 0 ? [{ kind: 'advance-clock', seconds }] : [];
      return [...before, operation].map((one) => ({ operation: one, node }));
    }),
  );
}

/** The last ones are those of vendors' doors, where what is live there is met. */
const purposes = ['login', 'payment', 'COUPON', 'verifynow', 'smscx', 'fast2sms', 'pega'];
/** Differs from every code: those of the tests do not begin with a zero, made ones hardly do. */
const wrongCode = '000000';

function operationFor(session: Session, command: CallCommand): Operation | null {
  if (command.do === 'advance') return { kind: 'advance-clock', seconds: command.seconds };
  if (command.do === 'start') {
    return command.door === undefined
      ? startFor(session, command)
      : startAt(session, command, command.door);
  }
  if (command.do === 'repeat') return repeatFor(session, command);
  if (command.do === 'again') return startAgain(session, command);
  const target = pick(orderFor(session.known(), command), command.target);
  if (target === undefined) return null;
  const key = keyFor(session, command);
  const own = target.application;
  const application = command.isStranger ? (own === 'own' ? 'other' : 'own') : own;
  const { recipient, purpose } = target;
  const asked = { application, key, door: 'api', verification: target.name } as const;
  if (command.do === 'cancel') {
    const { door } = command;
    return door === undefined
      ? { ...asked, kind: 'cancel' }
      : { ...asked, kind: 'cancel', door, key: null };
  }
  if (command.do === 'resend') {
    const { door, isByRecipient } = command;
    if (door !== undefined && isByRecipient === true && !recipient.includes('@')) {
      return { kind: 'recipient-resend', application, door, key: null, recipient, purpose: door };
    }
    if (door !== undefined) {
      return { ...asked, kind: 'resend', door, key: null, destination: null };
    }
    const destination = command.way === null ? null : otherWay(target, command.way);
    return { ...asked, kind: 'resend', destination };
  }
  const code = guessFor(session, target, command.code);
  if (code === undefined) return null;
  const ledger = ledgerOf(recipient);
  const byRecipient = {
    ...asked,
    kind: 'recipient-check',
    recipient,
    ledger,
    purpose,
    code,
  } as const;
  const { door, isByRecipient = false } = command;
  const through = door === 'own' ? target.door : door;
  switch (through) {
    case 'api':
      return { ...asked, kind: 'check', code };
    case 'recipient':
      return byRecipient;
    // The page belongs to the development application, and knows no keys.
    case 'phone':
      return { ...asked, kind: 'check', application: 'own', key: null, code, door: 'phone' };
    case 'capillary': {
      // What is no action cannot be asked for there.
      const action = /^[A-Z]+$/.test(purpose) ? purpose : 'COUPON';
      return { ...byRecipient, door: through, key: null, purpose: action };
    }
    case 'fast2sms':
      if (isByRecipient && !recipient.includes('@')) {
        return { ...byRecipient, door: through, key: null, purpose: through };
      }
      break;
    default:
      break;
  }
  return { ...asked, kind: 'check', code, door: through, key: null };
}

/** What began at a vendor's door comes first where that vendor resends or cancels. */
function orderFor(
  known: readonly KnownVerification[],
  command: Extract<CallCommand, { readonly target: number }>,
): readonly KnownVerification[] {
  if (command.do === 'check' || command.door === undefined) return known;
  const [own, others] = [true, false].map((isOwn) =>
    known.filter(({ door }) => (door === command.door) === isOwn),
  );
  return [...(own ?? []), ...(others ?? [])];
}

function guessFor(
  session: Session,
  target: KnownVerification,
  kind: 'right' | 'wrong' | 'old' | 'foreign',
): string | undefined {
  const codes = session.codesOf(target.name);
  switch (kind) {
    case 'right':
      return codes.at(-1);
    case 'old':
      return codes.at(0);
    case 'wrong':
      return wrongCode;
    case 'foreign': {
      const others = session.known().filter(({ name }) => name !== target.name);
      // Best of all the code of the same person for another purpose or application.
      const other = others.find(({ recipient }) => recipient === target.recipient) ?? others[0];
      return other === undefined ? undefined : session.codesOf(other.name).at(-1);
    }
    default:
      return kind satisfies never;
  }
}

function keyFor(session: Session, { hasKey }: { readonly hasKey: boolean }): string | null {
  return hasKey ? `${session.prefix}-k${session.nextNumber()}` : null;
}

/** As a client of the vendor starts: for whom, and with what, its door has words for. */
function startAt(session: Session, command: StartCommand, vendor: Vendor): Operation {
  const door = doors[vendor];
  const people = peopleOf(session.prefix).slice(0, door.takesMail ? 3 : 2);
  const person = pick(people, command.person);
  if (person === undefined) throw new Error('A sequence has two people at least.');
  const { codeLength = null } = command;
  const said = door.say({ ...command, codeLength, person });
  const { recipient, ledger } = person;
  const asked = { application: 'own', key: null, door: vendor, recipient, ledger } as const;
  return {
    ...{ kind: 'start', ...asked, ...said },
    reference:
      vendor === 'smscx' ? trackIdOf(session) : sharedReference(vendor, said.purpose, recipient),
  };
}

/** SMS.CX wants a UUID. */
function trackIdOf(session: Session): string {
  const sequence = session.prefix.slice(1).padStart(8, '0');
  const number = String(session.nextNumber()).padStart(4, '0');
  return `00000000-0000-4000-8000-${sequence}${number}`;
}

function startFor(session: Session, command: StartCommand): Operation {
  const people = peopleOf(session.prefix);
  const person = pick(people, command.person) ?? people[0];
  const reference = `${session.prefix}-v${session.nextNumber()}`;
  return {
    kind: 'start',
    application: command.isOther ? 'other' : 'own',
    door: 'api',
    key: keyFor(session, command),
    recipient: person.recipient,
    ledger: person.ledger,
    destinations: pick(person.ways, command.way) ?? [],
    purpose: pick(purposes, command.purpose) ?? 'login',
    // Nobody sees the other application's phone, so its codes are its own.
    customCode: command.customCode ?? (command.isOther ? '482913' : null),
    checksMax: command.checksMax,
    lifetimeSeconds: command.lifetimeSeconds,
    codeLength: null,
    reference,
  };
}

function startAgain(session: Session, { start }: { readonly start: number }): Operation | null {
  const starts = session.calls.map(({ operation }) => operation).toReversed();
  const found = pick(
    starts.filter((operation) => operation.kind === 'start'),
    start,
  );
  if (found === undefined) return null;
  switch (found.door) {
    case 'api':
      return { ...found, key: null, reference: `${session.prefix}-v${session.nextNumber()}` };
    case 'smscx':
      return { ...found, reference: trackIdOf(session) };
    default:
      return found;
  }
}

function repeatFor(
  session: Session,
  { call, isChanged }: { readonly call: number; readonly isChanged: boolean },
): Operation | null {
  const keyed = session.calls
    .map(({ operation }) => operation)
    .filter((operation) => operation.kind !== 'advance-clock' && operation.key !== null)
    .toReversed();
  const operation = pick(keyed, call);
  if (operation === undefined || !isChanged) return operation ?? null;
  switch (operation.kind) {
    case 'start':
      return { ...operation, purpose: operation.purpose === 'login' ? 'payment' : 'login' };
    case 'check':
    case 'recipient-check':
      return { ...operation, code: operation.code === wrongCode ? '111111' : wrongCode };
    case 'resend': {
      const known = session.known().find(({ name }) => name === operation.verification);
      if (known === undefined) return null;
      const destination = operation.destination === null ? otherWay(known, 0) : null;
      return { ...operation, destination };
    }
    default:
      return operation;
  }
}

function pick<Item>(items: readonly Item[], index: number): Item | undefined {
  return items[index % Math.max(1, items.length)];
}

/** How a resend may reach a person otherwise. */
function otherWay({ recipient }: KnownVerification, way: number): Destination | null {
  if (recipient.includes('@'))
    return { channel: 'email', to: recipient, ledger: ledgerOf(recipient) };
  const channel: Channel = way === 0 ? 'sms' : 'whatsapp';
  return { channel, to: recipient, ledger: ledgerOf(recipient) };
}
