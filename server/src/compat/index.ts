import { capillary } from '#compat/capillary/facade.ts';
import type { Facade } from '#compat/facade.ts';
import { fast2sms } from '#compat/fast2sms/facade.ts';
import { type FacadeName, facadeNames } from '#compat/names.ts';
import { pega } from '#compat/pega/facade.ts';
import { smscx } from '#compat/smscx/facade.ts';
import { verifynow } from '#compat/verifynow/facade.ts';

const facadesByName: Readonly<Record<FacadeName, Facade>> = {
  verifynow,
  smscx,
  capillary,
  fast2sms,
  pega,
};

/** Every façade: their credentials and settings are known whether they are mounted or not. */
export const facades: readonly Facade[] = facadeNames.map((name) => facadesByName[name]);

export function facadesNamed(names: readonly FacadeName[]): readonly Facade[] {
  return names.map((name) => facadesByName[name]);
}
