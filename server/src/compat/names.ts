/** Every façade by its name; kept apart from the façades, because settings are read before them. */
export const facadeNames = ['verifynow', 'smscx', 'capillary', 'fast2sms', 'pega'] as const;

export type FacadeName = (typeof facadeNames)[number];
