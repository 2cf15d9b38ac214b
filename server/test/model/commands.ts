/**
 * What a sequence is made of. A command is plain data, so that one that failed can be kept in
 * `seeds.json` and read by people; what it names (the second newest verification, the code before
 * the last) is looked up when it runs, so that it still means something when others are left out.
 */
import type { Settings } from './model.ts';
import { operationFor } from './operation-for.ts';
import type { KafkaDoorName, Operation, Vendor } from './operations.ts';
import { pick } from './pick.ts';
import type { Line, Session } from './session.ts';

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
  readonly door?: Vendor | KafkaDoorName;
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
      readonly door: 'api' | 'phone' | 'recipient' | 'own' | Vendor | KafkaDoorName;
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
      readonly door?: 'fast2sms' | 'kafka';
      readonly isByRecipient?: boolean;
      readonly afterSeconds: number;
    }
  | {
      readonly do: 'cancel';
      readonly target: number;
      readonly door?: 'smscx' | 'kafka';
      readonly isStranger: boolean;
      readonly hasKey: boolean;
    }
  /** The same request again with its key, or another body under it. */
  | {
      readonly do: 'repeat';
      readonly call: number;
      readonly isChanged: boolean;
      /** Where it was made, unless this says otherwise. */
      readonly door?: 'api' | 'kafka';
    }
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
