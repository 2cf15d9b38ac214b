/**
 * The model of the doors: what docs/reference/compat says that each vendor has otherwise than the
 * application. What is not said here holds through every door: the sends of a day, budgets, and
 * the failed guesses of a recipient.
 */
import type { ModelVerification, Settings, State } from './model.ts';
import { type Asking, type DoorName, isTopicDoor } from './operations.ts';

/** The rules that a call is judged by. */
export interface Rules
  extends Omit<Settings, 'secondStart' | `${'capillary' | 'pega' | 'flowx'}${string}`> {
  /** `redirect` sends the live one again, to where the second start says. */
  readonly secondStart: Settings['secondStart'] | 'redirect';
  readonly sendsMax: number;
  /** Waiting time after the first send, the second and so on; the last one holds from there. */
  readonly resendWaitsSeconds: readonly [number, ...number[]];
  /** Starts of a recipient in an hour, and checks in a window; null counts none. */
  readonly startsHourMax: number | null;
  readonly checks: { readonly windowMs: number; readonly max: number } | null;
}

export function rulesFor(state: State, { application, door }: Asking): Rules {
  const settings = state.settings[application];
  return { ...usual, ...settings, ...ruleOf(door, settings) };
}

const usual = {
  sendsMax: 5,
  resendWaitsSeconds: [30, 60, 120, 300],
  startsHourMax: null,
  checks: null,
} as const;

function ruleOf(door: DoorName, settings: Settings): Partial<Rules> {
  switch (door) {
    case 'api':
    case 'phone':
      return {};
    case 'verifynow':
      return {
        secondStart: 'reject',
        codeLength: 4,
        lifetimeSeconds: 60,
        recipientSendIntervalSeconds: 0,
      };
    case 'smscx':
      return {
        secondStart: 'supersede',
        lifetimeSeconds: Math.max(60, settings.lifetimeSeconds ?? 300),
        recipientSendIntervalSeconds: 0,
      };
    case 'capillary':
      return {
        secondStart: 'redirect',
        resendCode: 'same',
        resendWaitsSeconds: [0],
        sendsMax: 20,
        recipientSendIntervalSeconds: 0,
        recipientSendsHourMax: settings.recipientSendsDayMax,
        startsHourMax: settings.capillaryStartsHourMax,
        checks:
          settings.capillaryChecksMax === 0
            ? null
            : { windowMs: 900_000, max: settings.capillaryChecksMax },
      };
    case 'fast2sms':
      return { secondStart: 'supersede', resendCode: 'same', lifetimeSeconds: 600 };
    case 'pega':
      return {
        codeLength: 8,
        checksMax: settings.pegaChecksMax,
        lifetimeSeconds: settings.pegaLifetimeSeconds ?? settings.lifetimeSeconds,
      };
    case 'flowx':
      return {
        secondStart: 'supersede',
        codeLength: settings.flowxCodeLength,
        lifetimeSeconds: 6_000,
        recipientSendIntervalSeconds: 0,
      };
    case 'kafka':
      return {};
    default:
      return door satisfies never;
  }
}

/** Doors that read their requests from a log: what they refuse once stays refused. */
export function keepsRefusals(door: DoorName): boolean {
  return isTopicDoor(door);
}

/** A code of another door is worthless at a vendor's, whoever knows its id. */
export function isKnownAt(
  door: DoorName,
  { purpose, door: begun }: Pick<ModelVerification, 'purpose' | 'door'>,
): boolean {
  switch (door) {
    case 'verifynow':
    case 'smscx':
    case 'fast2sms':
      return purpose === door;
    // The purpose has the context in it, which a verify does not name.
    case 'pega':
    case 'flowx':
      return begun === door;
    default:
      return true;
  }
}
