import type { CommandTopic } from '#kafka/command-topic.ts';
import { createGenerateTopic } from './generate.ts';
import { createNotificationTopic } from './notification.ts';
import { createValidateTopic } from './validate.ts';
import type { FlowxParts } from './words.ts';

/** Every topic that FlowX.AI's engine writes commands to; none where they are switched off. */
export function createFlowxTopics(parts: FlowxParts): readonly CommandTopic[] {
  if (!parts.settings.flowx.isOn) return [];
  return [createGenerateTopic(parts), createValidateTopic(parts), createNotificationTopic(parts)];
}
