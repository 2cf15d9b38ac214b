import type { OpenedFacade } from '#compat/facade.fixture.ts';
import type { Caller } from '#service/service.ts';

/** A code that is under way, and one right check of it through the façade. */
export interface LiveCode {
  readonly id: string;
  readonly code: string;
  check(): Promise<boolean>;
}

const checksPerDoor = 8;

/** How many right checks are approved, of many at once through the façade and through `/v1`. */
export async function countApproved(
  { service }: OpenedFacade,
  caller: Caller,
  { id: verificationId, code, check }: LiveCode,
): Promise<number> {
  const native: Caller = { ...caller, origin: 'api' };
  const checkNatively = async () => {
    const checked = await service.checkCode(native, { verificationId, code }, null);
    return checked.ok && checked.value.view.approved;
  };
  const checks = Array.from({ length: checksPerDoor }, () => [check(), checkNatively()]).flat();
  return (await Promise.all(checks)).filter(Boolean).length;
}
