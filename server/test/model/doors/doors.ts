import { decimalHandle, uuidHandle, wordHandle } from '#domain/handle.ts';
import type { Vendor } from '../operations.ts';
import { capillary, createdIdOf } from './capillary.ts';
import type { Door } from './door.ts';
import { fast2sms } from './fast2sms.ts';
import { pega } from './pega.ts';
import { smscx } from './smscx.ts';
import { verifynow } from './verifynow.ts';

export const doors: Readonly<Record<Vendor, Door>> = {
  verifynow,
  smscx,
  capillary,
  fast2sms,
  pega,
};

/**
 * Everything that a verification is called at any door. How a handle is made is no rule of the
 * model: it is taken from the server, and tried with each answer that is told apart by it.
 */
export function handlesOf(id: string): readonly string[] {
  return [decimalHandle(id), uuidHandle(id), wordHandle(id), createdIdOf(id)];
}
