/** What the page asks of its server. The shapes are made by `phone-views.ts`. */

/** @typedef {'pending' | 'approved' | 'failed' | 'expired' | 'canceled' | 'blocked'} Status */
/**
 * @typedef {object} Verification
 * @property {string} id
 * @property {Status} status
 * @property {string} recipient masked
 * @property {string} channel
 * @property {string} purpose
 * @property {number} checksLeft
 * @property {string} expiresAt
 * @property {{ channel: string, status: string, error: string | null }[]} deliveries
 */
/** @typedef {{ approved: boolean, reason: string | null, proof: string | null }} Outcome */
/** @typedef {Verification & Outcome} Verdict */
/**
 * @typedef {object} Message
 * @property {string} id
 * @property {string} recipient
 * @property {string} channel
 * @property {string | null} sender
 * @property {string | null} subject
 * @property {string} text
 * @property {number} parts
 * @property {string | null} verificationId
 * @property {string} at
 * @property {boolean} hasHtml
 */
/** @typedef {{ now: string, aheadSeconds: number }} ClockReading */
/**
 * @typedef {object} SessionFacts
 * @property {string} application
 * @property {string} publicUrl
 * @property {string[]} channels
 * @property {{ recipient: string, behaviour: string }[]} testRecipients
 */
/** @typedef {SessionFacts & ClockReading} Session */
/**
 * @typedef {object} Listing
 * @property {string | null} recipient the filter in its canonical form
 * @property {Message[]} items newest first
 * @property {Verification[]} verifications
 */

const answerTimeMaxMs = 15_000;

/** A sentence that can be shown. */
export class Problem extends Error {
  name = 'Problem';
}

/** @returns {Promise<Session>} */
export function readSession() {
  return call('GET', '/phone/session');
}

/**
 * @param {string | null} recipient
 * @param {number} limit
 * @returns {Promise<Listing>}
 */
export function listMessages(recipient, limit) {
  const query = new URLSearchParams({ limit: String(limit) });
  if (recipient !== null) query.set('recipient', recipient);
  return call('GET', `/phone/messages?${query}`);
}

/**
 * @param {string} id
 * @returns {Promise<Verification>}
 */
export function readVerification(id) {
  return call('GET', `/phone/verifications/${encodeURIComponent(id)}`);
}

/**
 * @param {{ recipient: string, channel?: string, purpose?: string }} request
 * @returns {Promise<Verification>}
 */
export function startVerification(request) {
  return call('POST', '/phone/verifications', request);
}

/**
 * @param {string} id
 * @param {string} code
 * @returns {Promise<Verdict>}
 */
export function checkCode(id, code) {
  return call('POST', `/phone/verifications/${encodeURIComponent(id)}/check`, { code });
}

/**
 * @param {number} advanceSeconds
 * @returns {Promise<ClockReading>}
 */
export function advanceClock(advanceSeconds) {
  return call('POST', '/phone/clock', { advanceSeconds });
}

/** @returns {Promise<null>} */
export function resetAll() {
  return call('POST', '/phone/reset', {});
}

/** @param {string} id */
export function htmlAddress(id) {
  return `/phone/messages/${encodeURIComponent(id)}/html`;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 */
async function call(method, path, body) {
  const sent = body === undefined ? {} : jsonBody(body);
  const signal = AbortSignal.timeout(answerTimeMaxMs);
  const response = await fetch(path, { method, signal, ...sent }).catch(() => {
    throw new Problem('The server does not answer. Is it still running?');
  });
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  throw new Problem(answer?.detail ?? answer?.message ?? `The server answered ${response.status}.`);
}

/** @param {unknown} body */
function jsonBody(body) {
  return { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
}

/**
 * The sentence to show for whatever was thrown.
 *
 * @param {unknown} error
 */
export function sentenceOf(error) {
  return error instanceof Problem
    ? error.message
    : 'The page has a bug: see the browser’s console.';
}
