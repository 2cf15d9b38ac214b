import assert from 'node:assert/strict';
import type { FacadeName } from '#compat/names.ts';
import type { Answer } from './judge-answer.ts';

/**
 * What holds of every answer of a façade, whatever was asked: no error of the server's, the
 * headers of all our answers, and nothing but the vendor's own shape. `what` names the request.
 */
export function judgeVendorAnswer(facade: FacadeName, what: string, answer: Answer): void {
  const { status, headers, text } = answer;
  const shown = `${facade}: ${what}: ${status} ${text.slice(0, 400)}`;
  assert.ok(status < 500, shown);
  assert.match(headers['request-id'] ?? '', /^req_[0-9a-hjkmnp-tv-z]{37}$/, shown);
  assert.equal(headers['cache-control'], 'no-store', shown);
  assert.equal(headers['x-content-type-options'], 'nosniff', shown);
  if (status === 204) return;
  assert.match(headers['content-type'] ?? '', /^application\/json\b/, shown);
  const body: unknown = JSON.parse(text);
  // Members that only our own problems have.
  for (const name of ['requestId', 'instance', 'title']) assert.ok(!hasMember(body, name), shown);
  assert.ok(!text.includes('/docs/errors/'), shown);
  assert.ok(shapes[facade](body, status), shown);
  if (status === 405) assert.ok(headers['allow'], shown);
  // The other two have calls whose credentials stand in no header.
  const hasScheme = ['verifynow', 'smscx', 'pega'].includes(facade);
  if (status === 401 && hasScheme) assert.ok(headers['www-authenticate'], shown);
}

function hasMember(body: unknown, name: string): boolean {
  return typeof body === 'object' && body !== null && Object.hasOwn(body, name);
}

type Members = Readonly<Record<string, unknown>>;

/** Whether a body is one that the vendor's clients can read, for a success as for a failure. */
const shapes: Readonly<Record<FacadeName, (body: unknown, status: number) => boolean>> = {
  verifynow(body, status) {
    const { responseCode, message, token, error, status: told } = body as Members;
    if (token !== undefined) return told === 200;
    if (error !== undefined) return typeof error === 'string' && typeof told === 'number';
    const isFailure = status !== 200 || responseCode !== 200;
    return typeof responseCode === 'number' && (isFailure || message === 'SUCCESS');
  },
  smscx(body, status) {
    const { error } = body as { readonly error?: Members };
    if (status < 400) return error === undefined;
    const names = ['type', 'message', 'uri', 'code'];
    return (
      error !== undefined &&
      Object.keys(error).join() === names.join() &&
      typeof error['message'] === 'string' &&
      typeof error['code'] === 'number'
    );
  },
  capillary(body, status) {
    const { errors } = body as { readonly errors?: readonly Members[] | null };
    if (status < 400) return errors === undefined || errors === null;
    return (
      Array.isArray(errors) &&
      errors.length > 0 &&
      errors.every(({ code, message }) => typeof code === 'number' && /^".+"$/s.test(`${message}`))
    );
  },
  fast2sms(body, status) {
    const { return: isDone, status_code: code, message, success, wallet } = body as Members;
    if (status < 400) return isDone === true || success === true || wallet !== undefined;
    return isDone === false && Number.isInteger(code) && typeof message === 'string';
  },
  pega(body, status) {
    const { Status, ReferenceID, errors } = body as Members;
    if (status < 400) return ['SUCCESS', 'FAIL'].includes(`${Status}`) || ReferenceID !== undefined;
    return Status === 'FAIL' && Array.isArray(errors) && errors.length > 0;
  },
};
