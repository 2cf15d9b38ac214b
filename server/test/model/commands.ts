/**
 * What a sequence is made of. A command is plain data, so that one that failed can be kept in
 * `seeds.json` and read by people; what it names (the second newest verification, the code before
 * the last) is looked up when it runs, so that it still means something when others are left out.
 */
import type { Settings } from './model.ts';
import type { Channel, Destination, Operation } from './operations.ts';
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
  /** The clock is moved before, so that no wait stands in the way. */
  readonly afterSeconds: number;
};

export type CallCommand =
  | StartCommand
  | {
      readonly do: 'check';
      readonly target: number;
      readonly code: 'right' | 'wrong' | 'old' | 'foreign';
      readonly door: 'api' | 'phone' | 'recipient';
      readonly isStranger: boolean;
      readonly hasKey: boolean;
    }
  | {
      readonly do: 'resend';
      readonly target: number;
      readonly way: number | null;
      readonly isStranger: boolean;
      readonly hasKey: boolean;
      readonly afterSeconds: number;
    }
  | {
      readonly do: 'cancel';
      readonly target: number;
      readonly isStranger: boolean;
      readonly hasKey: boolean;
    }
  /** The same request again with its key, or another body under it. */
  | { readonly do: 'repeat'; readonly call: number; readonly isChanged: boolean }
  | { readonly do: 'advance'; readonly seconds: number };

/** The commands of one client, run by a node, one after the other. */
export type ClientCommands = { readonly node: number; readonly commands: readonly CallCommand[] };

export type Command =
  | CallCommand
  | { readonly do: 'change'; readonly settings: Partial<Settings> }
  /** Several wrong guesses at once, at one that is there or at one that is started for it. */
  | { readonly do: 'guess'; readonly target: number; readonly count: number }
  | { readonly do: 'burn'; readonly start: StartCommand; readonly count: number }
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

export async function runCommand(session: Session, command: Command): Promise<void> {
  switch (command.do) {
    case 'change':
      return session.change(command.settings);
    case 'guess':
      return guessWrong(session, command.target, command.count);
    case 'burn':
      await runCommand(session, command.start);
      return guessWrong(session, 0, command.count);
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

function guessWrong(session: Session, target: number, count: number): Promise<void> {
  const asked = {
    do: 'check',
    code: 'wrong',
    door: 'api',
    isStranger: false,
    hasKey: false,
  } as const;
  const commands = [{ ...asked, target }];
  const clients = Array.from({ length: count }, (_, node) => ({ node, commands }));
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

const purposes = ['login', 'payment'];
/** Differs from every code: those of the tests do not begin with a zero, made ones hardly do. */
const wrongCode = '000000';

function operationFor(session: Session, command: CallCommand): Operation | null {
  if (command.do === 'advance') return { kind: 'advance-clock', seconds: command.seconds };
  if (command.do === 'start') return startFor(session, command);
  if (command.do === 'repeat') return repeatFor(session, command);
  const target = pick(session.known(), command.target);
  if (target === undefined) return null;
  const key = keyFor(session, command);
  const own = target.application;
  const application = command.isStranger ? (own === 'own' ? 'other' : 'own') : own;
  const asked = { application, key, verification: target.name } as const;
  if (command.do === 'cancel') return { kind: 'cancel', ...asked };
  if (command.do === 'resend') {
    const destination = command.way === null ? null : otherWay(target, command.way);
    return { kind: 'resend', ...asked, destination };
  }
  const code = guessFor(session, target, command.code);
  if (code === undefined) return null;
  if (command.door === 'recipient') {
    const { recipient, purpose } = target;
    return { kind: 'recipient-check', application, key, recipient, purpose, code };
  }
  // The page belongs to the development application, and knows no keys.
  if (command.door === 'phone') {
    return { kind: 'check', ...asked, application: 'own', key: null, code, door: 'phone' };
  }
  return { kind: 'check', ...asked, code, door: 'api' };
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

function startFor(session: Session, command: StartCommand): Operation {
  const people = peopleOf(session.prefix);
  const person = pick(people, command.person) ?? people[0];
  const reference = `${session.prefix}-v${session.nextNumber()}`;
  return {
    kind: 'start',
    application: command.isOther ? 'other' : 'own',
    key: keyFor(session, command),
    recipient: person.recipient,
    ledger: person.ledger,
    destinations: pick(person.ways, command.way) ?? [],
    purpose: pick(purposes, command.purpose) ?? 'login',
    // Nobody sees the other application's phone, so its codes are its own.
    customCode: command.customCode ?? (command.isOther ? '482913' : null),
    checksMax: command.checksMax,
    lifetimeSeconds: command.lifetimeSeconds,
    reference,
  };
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

interface Person {
  readonly recipient: string;
  readonly ledger: string;
  readonly ways: readonly (readonly Destination[])[];
}

/** Two phones, and one mailbox under two addresses: they share their limits, and nothing else. */
function peopleOf(prefix: string): readonly [Person, ...Person[]] {
  const number = Number(prefix.slice(1)) * 2;
  const mails = ['work', 'home'].map((tag) => `${prefix}+${tag}@example.com`);
  const phone = (recipient: string): Person => {
    const by = (channel: Channel, to = recipient): Destination => ({
      channel,
      to,
      ledger: ledgerOf(to),
    });
    const mail = by('email', mails[0]);
    const ways = [[by('sms')], [by('whatsapp')], [by('sms'), by('whatsapp')], [by('sms'), mail]];
    return { recipient, ledger: ledgerOf(recipient), ways };
  };
  const mailbox = (recipient: string): Person => {
    const ledger = ledgerOf(recipient);
    return { recipient, ledger, ways: [[{ channel: 'email', to: recipient, ledger }]] };
  };
  const phones = [number, number + 1].map((one) => phone(`+1415${2_000_000 + one}`));
  return [phones[0] ?? phone(''), ...phones.slice(1), ...mails.map(mailbox)];
}

/** Spellings of one mailbox share their limits (docs/reference/limits.md). */
function ledgerOf(recipient: string): string {
  return recipient.replace(/\+\w+@/, '@');
}
