/**
 * A vendor's door as a client of that vendor uses it. It puts a call into the vendor's words, and
 * its answer into facts that the model can judge. It knows no rule: those are in `model-doors.ts`.
 */
import type { Request } from '../client.ts';
import type {
  AdvanceClock,
  Destination,
  Facts,
  ObservedAnswer,
  Operation,
  Shown,
  Start,
  Vendor,
} from '../operations.ts';
import type { Person } from '../people.ts';

/** What its account was given, by the names of `dev-credentials.json`. */
export type Credentials = Readonly<Record<string, string>>;

export interface Access {
  readonly credentials: Credentials;
  /** Of the last login; null at a door that has none. */
  readonly token: string | null;
  /** Our own id of a verification that the model knows by this name. */
  idOf(verification: string): string;
}

/** What a start is to be; a door says what it has words for, and leaves the rest out. */
export interface Wish {
  readonly person: Person;
  readonly way: number;
  readonly purpose: number;
  readonly customCode: string | null;
  readonly checksMax: number | null;
  readonly lifetimeSeconds: number | null;
  readonly codeLength: number | null;
}

/** What a start says that was put into the vendor's words. */
export type Said = Pick<
  Start,
  'purpose' | 'customCode' | 'checksMax' | 'lifetimeSeconds' | 'codeLength'
> & { readonly destinations: readonly Destination[] };

export type DoorRequest = Omit<Request, 'apiKey' | 'key' | 'isPage'>;
export type DoorOperation = Exclude<Operation, AdvanceClock>;

export interface Door {
  readonly name: Vendor;
  /** Whether it starts at mailboxes too. */
  readonly takesMail: boolean;
  say(wish: Wish): Said;
  /** Throws where the vendor has no such call. */
  request(operation: DoorOperation, access: Access): DoorRequest;
  /** Throws where nobody expects such an answer. */
  read(operation: DoorOperation, answer: ObservedAnswer): Shown;
  readonly login?: {
    request(credentials: Credentials): DoorRequest;
    tokenOf(answer: ObservedAnswer): string;
  };
}

export const nothingSaid = {
  ...{ customCode: null, checksMax: null, lifetimeSeconds: null, codeLength: null },
};

export const limitsOfRecipient = [
  'recipient_sends_interval',
  'recipient_sends_hour',
  'recipient_sends_day',
  'recipient_failed_guesses_day',
  'recipient_failed_guesses_ceiling',
] as const;

export const limitsOfResend = ['verification_sends', 'verification_resend_interval'] as const;

export const budgetOfDay = 'application_budget_day';

export function shown(word: string | number, ...alternatives: readonly Facts[]): Shown {
  return { word: String(word), alternatives };
}

export function unexpected(operation: DoorOperation, { status, text }: ObservedAnswer): Error {
  const { door, kind } = operation;
  return new Error(`${door} answers ${kind} with what nobody expects: ${status} ${text}`);
}

export function noSuchCall({ door, kind }: DoorOperation): Error {
  return new Error(`${door} has no call for ${kind}.`);
}

/** A vendor's JSON, whatever its shape. */
export function bodyOf<Body>({ body }: ObservedAnswer): Body {
  return body as Body;
}
