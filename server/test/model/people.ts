/** Who is proved in a sequence, and how messages reach them. */
import type { Channel, Destination } from './operations.ts';

export interface Person {
  readonly recipient: string;
  readonly ledger: string;
  readonly ways: readonly (readonly Destination[])[];
}

/**
 * Two phones, and one mailbox under two addresses: they share their limits, and nothing else. The
 * numbers are mobile ones of India, because Fast2SMS takes no others.
 */
export function peopleOf(prefix: string): readonly [Person, Person, Person, Person] {
  const number = Number(prefix.slice(1)) * 2;
  const mails = [`${prefix}+work@example.com`, `${prefix}+home@example.com`] as const;
  const phone = (recipient: string): Person => {
    const by = (channel: Channel, to = recipient): Destination => ({
      channel,
      to,
      ledger: ledgerOf(to),
    });
    const mail = by('email', mails[0]);
    const ways = [[by('sms')], [by('whatsapp')], [by('sms'), by('whatsapp')], [by('sms'), mail]];
    return { recipient, ledger: ledgerOf(recipient), ways };
  };
  const mailbox = (recipient: string): Person => {
    const ledger = ledgerOf(recipient);
    return { recipient, ledger, ways: [[{ channel: 'email', to: recipient, ledger }]] };
  };
  const phoneOf = (one: number) => phone(`+91${9_876_000_000 + one}`);
  return [phoneOf(number), phoneOf(number + 1), mailbox(mails[0]), mailbox(mails[1])];
}

/** Spellings of one mailbox share their limits (docs/reference/limits.md). */
export function ledgerOf(recipient: string): string {
  return recipient.replace(/\+\w+@/, '@');
}

/** Without the country's code, as clients of Indian vendors write it. */
export function nationalNumber(recipient: string): string {
  return recipient.slice('+91'.length);
}
