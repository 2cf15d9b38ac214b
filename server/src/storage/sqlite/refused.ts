/** Why the embedded storage does not open. */
export type RefusedReason = 'folder_unusable' | 'in_use' | 'newer_database' | 'not_a_database';

/** The embedded storage cannot be opened; the message is for the operator and says what to do. */
export class StorageRefused extends Error {
  override readonly name = 'StorageRefused';
  readonly reason: RefusedReason;

  constructor(reason: RefusedReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
