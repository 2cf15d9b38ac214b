/** What a person needs to see who asks why no order of some calls explains their answers. */
import type { Call } from './operations.ts';

/** More of them say no more. */
const obstaclesMax = 12;

export function reportFailure(calls: readonly Call[], obstacles: readonly string[]): string {
  return [
    'No order of the last calls explains the answers. What the clients did and saw, in its order:',
    ...eventsOf(calls).map((event) => `  ${event}`),
    'What stood in the way of the orders that came furthest:',
    ...obstacles.slice(0, obstaclesMax).map((obstacle) => `  ${obstacle}`),
  ].join('\n');
}

/** A call may take effect anywhere between its line and that of its answer. */
function eventsOf(calls: readonly Call[]): string[] {
  const events = calls.flatMap(({ number, node, operation, calledAs, returnedAs, answer }) => {
    const asked = `call ${number} at node ${node}: ${JSON.stringify(operation)}`;
    const replayed = answer?.isReplayed === true ? ' (repeated)' : '';
    const answered = `answer to ${number}: ${answer?.status}${replayed} ${answer?.text}`;
    return returnedAs === null
      ? [{ at: calledAs, text: `${asked}, never answered` }]
      : [
          { at: calledAs, text: asked },
          { at: returnedAs, text: answered },
        ];
  });
  return events.sort((one, other) => one.at - other.at).map(({ text }) => text);
}
