const closeTimeoutMs = 3_000;

/** The library waits for brokers that may be away; nobody who ends something waits for that. */
export async function closeInTime(closing: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, closeTimeoutMs);
  try {
    await Promise.race([closing, late.promise]);
  } catch {
    // What cannot be closed in order is gone with its connections.
  } finally {
    clearTimeout(timer);
  }
}
