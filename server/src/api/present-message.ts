import { isoTime } from '#api/iso-time.ts';
import type { MessageAnswer } from '#api/schemas/message.ts';
import type { MessageView } from '#service/views.ts';

/** A plain message in the words of the contract. */
export function presentMessage({ createdAtMs, sendAtMs, ...view }: MessageView): MessageAnswer {
  return {
    ...view,
    createdAt: isoTime(createdAtMs),
    sendAt: sendAtMs === null ? null : isoTime(sendAtMs),
  };
}
