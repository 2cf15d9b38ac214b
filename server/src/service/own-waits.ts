import type { ApplicationSettings } from '#domain/application.ts';
import { resendWaitsSeconds as usual } from '#domain/verification.ts';

/** The waiting times of an application that has its own; nothing for all the others to carry. */
export function ownWaits({ resendWaitsSeconds }: Pick<ApplicationSettings, 'resendWaitsSeconds'>): {
  resendWaitsSeconds?: readonly number[];
} {
  const isUsual =
    resendWaitsSeconds.length === usual.length &&
    resendWaitsSeconds.every((seconds, index) => seconds === usual[index]);
  return isUsual ? {} : { resendWaitsSeconds };
}
