import type { CommandTopic } from '#kafka/command-topic.ts';
import { createGenerateTopic } from './generate.ts';
import { createValidateTopic } from './validate.ts';
import type { FlowxParts } from './words.ts';

/** Every topic that FlowX.AI's engine writes commands to. */
export function createFlowxTopics(parts: FlowxParts): readonly CommandTopic[] {
  return [createGenerateTopic(parts), createValidateTopic(parts)];
}
