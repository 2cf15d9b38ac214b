import { failed, misused, type Outcome } from '#cli/command.ts';

/** What other words of the same call would have avoided, in the codes of `api/errors.ts`. */
const wrongWords: ReadonlySet<unknown> = new Set([
  'request_malformed',
  'request_invalid',
  'recipient_invalid',
  'recipient_unsupported',
  'code_invalid',
  'template_invalid',
  'variables_invalid',
  'callback_url_refused',
  'not_available',
  'body_too_large',
]);

/** A refusal of the service, here or on a server: wrong use, or a failure like any other. */
export function refused({ code, detail }: { code: unknown; detail: string }): Outcome {
  return wrongWords.has(code) ? misused(detail) : failed(detail);
}
