/** The call that a command means now: what it names is looked up. Null where it means nothing. */
import type { CallCommand } from './commands.ts';
import type { Channel, Check, Destination, Operation } from './operations.ts';
import { ledgerOf } from './people.ts';
import { pick } from './pick.ts';
import type { KnownVerification, Session } from './session.ts';
import { channelOf, clientOf, keyFor, startAgain, startFrom } from './start-operations.ts';

/** Differs from every code: those of the tests do not begin with a zero, made ones hardly do. */
const wrongCode = '000000';

export function operationFor(session: Session, command: CallCommand): Operation | null {
  if (command.do === 'advance') return { kind: 'advance-clock', seconds: command.seconds };
  if (command.do === 'start') return startFrom(session, command);
  if (command.do === 'repeat') return repeatFor(session, command);
  if (command.do === 'again') return startAgain(session, command);
  const target = pick(orderFor(session.known(), command), command.target);
  if (target === undefined) return null;
  const key = keyFor(session, command);
  const own = target.application;
  const application = command.isStranger ? (own === 'own' ? 'other' : 'own') : own;
  const asked: AskedOf = { application, key, door: 'api', verification: target.name };
  switch (command.do) {
    case 'cancel':
      return cancelFor(asked, command);
    case 'resend':
      return resendFor(asked, target, command);
    case 'check': {
      const code = guessFor(session, target, command.code);
      if (code === undefined) return null;
      const client = target.client ?? clientOf(session, channelOf(target.recipient));
      return checkFor(asked, target, command, { code, client });
    }
    default:
      return command satisfies never;
  }
}

/** What every call has that names a verification; most are made by our own API. */
type AskedOf = Pick<Check, 'application' | 'key' | 'verification'> & { readonly door: 'api' };

type CommandOf<Name extends CallCommand['do']> = Extract<CallCommand, { readonly do: Name }>;

function cancelFor(asked: AskedOf, { door }: CommandOf<'cancel'>): Operation {
  const cancel = { ...asked, kind: 'cancel' } as const;
  if (door === 'kafka') return { ...cancel, ...byTopic };
  return door === undefined ? cancel : { ...cancel, door, key: null };
}

function resendFor(
  asked: AskedOf,
  target: KnownVerification,
  { door, way, isByRecipient }: CommandOf<'resend'>,
): Operation {
  const { recipient } = target;
  const destination = way === null ? null : otherWay(target, way);
  const resend = { ...asked, kind: 'resend', destination } as const;
  if (door === undefined) return resend;
  if (door === 'kafka') return { ...resend, ...byTopic };
  if (isByRecipient === true && !recipient.includes('@')) {
    const { application } = asked;
    return { kind: 'recipient-resend', application, door, key: null, recipient, purpose: door };
  }
  return { ...resend, door, key: null, destination: null };
}

function checkFor(
  asked: AskedOf,
  target: KnownVerification,
  { door, isByRecipient = false }: CommandOf<'check'>,
  { code, client }: { readonly code: string; readonly client: string },
): Operation {
  const { recipient, purpose } = target;
  const ledger = ledgerOf(recipient);
  const byId = { ...asked, kind: 'check', code } as const;
  const { verification: _, ...rest } = asked;
  const byRecipient = {
    ...rest,
    kind: 'recipient-check',
    recipient,
    ledger,
    purpose,
    code,
  } as const;
  // The purpose of FlowX.AI's is concealed, so nobody can ask for it.
  const isConcealed = target.client !== undefined;
  const through = door === 'own' ? target.door : door;
  switch (through) {
    case 'api':
      return byId;
    case 'recipient':
      return isConcealed ? byId : byRecipient;
    // The page belongs to the development application, and knows no keys.
    case 'phone':
      return { ...byId, application: 'own', key: null, door: 'phone' };
    case 'capillary': {
      // What is no action cannot be asked for there.
      const action = /^[A-Z]+$/.test(purpose) ? purpose : 'COUPON';
      return { ...byRecipient, door: through, key: null, purpose: action };
    }
    case 'kafka':
      return isByRecipient && !isConcealed
        ? { ...byRecipient, ...byTopic }
        : { ...byId, ...byTopic };
    case 'flowx': {
      const guess = { kind: 'client-check', client, channel: channelOf(recipient), code } as const;
      return { ...guess, application: 'own', key: null, door: through };
    }
    case 'fast2sms':
      if (isByRecipient && !recipient.includes('@')) {
        return { ...byRecipient, door: through, key: null, purpose: through };
      }
      break;
    default:
      break;
  }
  return { ...byId, door: through, key: null };
}

/** All topics of a server belong to one application. */
const byTopic = { application: 'own', door: 'kafka' } as const;

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

function repeatFor(
  session: Session,
  { call, isChanged, door }: Extract<CallCommand, { readonly do: 'repeat' }>,
): Operation | null {
  const keyed = session.calls
    .map(({ operation }) => operation)
    .filter((operation) => operation.kind !== 'advance-clock' && operation.key !== null)
    .toReversed();
  const made = pick(keyed, call);
  if (made === undefined || made.kind === 'advance-clock') return null;
  const isMoved = door !== undefined && made.application === 'own';
  const operation = isMoved ? { ...made, door } : made;
  if (!isChanged) return operation;
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

/** How a resend may reach a person otherwise. */
function otherWay({ recipient }: KnownVerification, way: number): Destination | null {
  if (recipient.includes('@'))
    return { channel: 'email', to: recipient, ledger: ledgerOf(recipient) };
  const channel: Channel = way === 0 ? 'sms' : 'whatsapp';
  return { channel, to: recipient, ledger: ledgerOf(recipient) };
}
