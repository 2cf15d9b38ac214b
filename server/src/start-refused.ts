/** A mistake that the operator can mend; its message is the sentence that says how. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}
