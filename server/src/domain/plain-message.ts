/**
 * A plain message: a text of the caller's own, which proves nothing.
 *
 * 1. It takes the way of a verification's message: the same providers, limits, budgets, outbox and
 *    recovery. So it is kept like one, told apart by its code version, which no code has.
 * 2. There is nothing to check: it admits no guess, and no verb of verifications finds it.
 * 3. The text may hold a code of the caller's making. It is kept like a code: sealed while the
 *    message is under way, and erased when it was handed over or given up.
 * 4. It may wait for its moment, and is given up an hour after that.
 * 5. Its text may come from a template. One whose only purpose is `message` is for plain messages
 *    alone and may be without a code; no verification can use it.
 */
import type { Ending } from '#domain/verification.ts';

/** The purpose of every plain message: a mark in its row, which no guess can ask for. */
export const messagePurpose = 'message';

export const plainCodeVersion = 0;

export function isPlain({ codeVersion }: { readonly codeVersion: number }): boolean {
  return codeVersion === plainCodeVersion;
}

/** From its moment on; longer than any outage that a retry makes sense after. */
export const messageLifeMs = 3_600_000;

/** With the hour after its moment, no row lives longer than a day: storage relies on that. */
export const sendAheadMaxMs = 23 * 3_600_000;

/** More than any channel carries; what a channel itself can carry it says. */
export const messageCharactersMax = 5_000;

/** How the life of a message ends that a provider took, or none did. */
export const textErased: Ending = { status: 'expired', detail: 'The text is erased.' };
