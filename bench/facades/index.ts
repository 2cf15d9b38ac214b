import { capillary } from './capillary.ts';
import { fast2sms } from './fast2sms.ts';
import { pega } from './pega.ts';
import { smscx } from './smscx.ts';
import type { Vendor } from './vendor.ts';
import { verifynow } from './verifynow.ts';

/** In the order of the table. */
export const vendors: readonly Vendor[] = [verifynow, smscx, capillary, fast2sms, pega];
