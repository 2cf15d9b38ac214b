/** What a code is for. Each is a purpose of its own: a code for one is worthless for another. */
export const actions = [
  'COUPON',
  'POINTS',
  'REGISTRATION',
  'USERGROUP',
  'SUBSCRIPTION',
  'GENERIC',
  'POINTSTRANSFER',
  'CUSTOMER_STATUS_UPDATE',
  'CUSTOMER_IDENTIFIER_CHANGE',
  'CUSTOMER_ISSUE_LINK_CARD',
] as const;

export type Action = (typeof actions)[number];

export function readAction(word: string | undefined): Action | null {
  const wanted = word?.trim().toUpperCase();
  return actions.find((action) => action === wanted) ?? null;
}
