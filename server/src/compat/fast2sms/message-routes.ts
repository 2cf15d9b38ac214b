/** The vendor's routes: which way a message takes, and where its text comes from. */
export const messageRoutes = ['otp', 'q', 'dlt', 'dlt_manual', 'p', 't', 'qt', 'v3'] as const;

export type MessageRoute = (typeof messageRoutes)[number];

export function isMessageRoute(word: string): word is MessageRoute {
  return messageRoutes.some((route) => route === word);
}
