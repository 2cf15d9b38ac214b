import type { CodeAlphabet } from '#domain/code.ts';

/**
 * Recipients that always end the same way, so that users can test their own failure paths. Phone
 * numbers are of the range that the North American plan keeps for fiction; addresses are of a
 * domain that can never exist (RFC 6761). Only the sandbox knows them. Their page is
 * docs/reference/test-recipients.md; a recipient added here needs a line there.
 */
export type TestBehaviour = 'fixed-code' | 'refused' | 'timeout' | 'unavailable' | 'undelivered';

export interface TestRecipient {
  /** In canonical form. */
  readonly recipient: string;
  readonly kind: TestBehaviour;
  /** For people: what happens when a code is sent there. */
  readonly behaviour: string;
}

const sentences: Readonly<Record<TestBehaviour, string>> = {
  'fixed-code': 'The message arrives, and the code is always 424242.',
  refused: 'The provider refuses the message for good.',
  timeout: 'The provider does not answer in time; nobody knows whether it took the message.',
  unavailable: 'The provider cannot be reached; sending is tried again.',
  undelivered: 'The provider takes the message, and reports later that it was not delivered.',
};

const recipients: readonly (readonly [TestBehaviour, string, string])[] = [
  ['fixed-code', '+12025550190', 'fixed@watchword.test'],
  ['refused', '+12025550191', 'refused@watchword.test'],
  ['timeout', '+12025550192', 'timeout@watchword.test'],
  ['unavailable', '+12025550193', 'unavailable@watchword.test'],
  ['undelivered', '+12025550194', 'undelivered@watchword.test'],
];

export const testRecipients: readonly TestRecipient[] = recipients.flatMap(
  ([kind, number, address]) =>
    [number, address].map((recipient) => ({ recipient, kind, behaviour: sentences[kind] })),
);

const kindOf = new Map(testRecipients.map(({ recipient, kind }) => [recipient, kind]));

/** Null for everybody else. Takes a recipient in canonical form. */
export function behaviourOf(recipient: string): TestBehaviour | null {
  return kindOf.get(recipient) ?? null;
}

// Ten symbols each, the longest a code can be; shorter codes are their beginning.
const fixedCodes: Readonly<Record<CodeAlphabet, string>> = {
  digits: '4242424242',
  letters: 'WATCHWATCH',
  alphanumeric: 'WATCH42WAT',
};

/** The code that this recipient always gets, or null where codes are drawn as usual. */
export function fixedCodeFor(
  recipient: string,
  length: number,
  alphabet: CodeAlphabet,
): string | null {
  return behaviourOf(recipient) === 'fixed-code' ? fixedCodes[alphabet].slice(0, length) : null;
}
