/** The starts that commands mean, at whatever door. */

import { sharedReference } from './code-book.ts';
import type { StartCommand } from './commands.ts';
import { nothingSaid } from './doors/door.ts';
import { doors } from './doors/doors.ts';
import { referenceFor } from './doors/flowx-clients.ts';
import type { Channel, Operation, Start, Vendor } from './operations.ts';
import { peopleOf } from './people.ts';
import { pick } from './pick.ts';
import type { Session } from './session.ts';

/** The last ones are those of vendors' doors, where what is live there is met. */
const purposes = ['login', 'payment', 'COUPON', 'verifynow', 'smscx', 'fast2sms', 'pega'];

export function startFrom(session: Session, command: StartCommand): Operation {
  const { door } = command;
  if (door === undefined) return startFor(session, command);
  if (door === 'kafka') return { ...startFor(session, command), application: 'own', door };
  return door === 'flowx' ? startForClient(session, command) : startAt(session, command, door);
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

export function channelOf(recipient: string): Channel {
  return recipient.includes('@') ? 'email' : 'sms';
}

/** One client for each channel, with the phones of both people: so it has several codes at once. */
export function clientOf({ prefix }: Pick<Session, 'prefix'>, channel: string): string {
  return `${prefix}-${channel}`;
}

function startForClient(session: Session, command: StartCommand): Operation {
  const people = peopleOf(session.prefix);
  const { recipient, ledger } = pick(people.slice(0, 3), command.person) ?? people[0];
  const channel = channelOf(recipient);
  const client = clientOf(session, channel);
  const name = referenceFor(client);
  return {
    ...{ kind: 'start', application: 'own', door: 'flowx', key: null },
    ...{ recipient, ledger, destinations: [{ channel, to: recipient, ledger }], client },
    ...{ reference: name, purpose: name, ...nothingSaid },
  };
}

/** SMS.CX wants a UUID. */
function trackIdOf(session: Session): string {
  const sequence = session.prefix.slice(1).padStart(8, '0');
  const number = String(session.nextNumber()).padStart(4, '0');
  return `00000000-0000-4000-8000-${sequence}${number}`;
}

function startFor(session: Session, command: StartCommand): Start {
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

export function startAgain(
  session: Session,
  { start }: { readonly start: number },
): Operation | null {
  const starts = session.calls.map(({ operation }) => operation).toReversed();
  const found = pick(
    starts.filter((operation) => operation.kind === 'start'),
    start,
  );
  if (found === undefined) return null;
  switch (found.door) {
    case 'api':
    case 'kafka':
      return { ...found, key: null, reference: `${session.prefix}-v${session.nextNumber()}` };
    case 'smscx':
      return { ...found, reference: trackIdOf(session) };
    default:
      return found;
  }
}

export function keyFor(session: Session, { hasKey }: { readonly hasKey: boolean }): string | null {
  return hasKey ? `${session.prefix}-k${session.nextNumber()}` : null;
}
