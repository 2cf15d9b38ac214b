import { type Result, refuse } from '#domain/refusal.ts';

/**
 * The recipient's guess budget asks for a longer code than the caller's own. None is made in its
 * place: the caller would not know it.
 */
export function refuseWeakCustomCode(verb: 'start' | 'resend', digitsMin: number): Result<never> {
  const needed = `After many failed checks this recipient needs a code of ${digitsMin} characters`;
  if (verb === 'resend') {
    return refuse(
      'code_invalid',
      `${needed} for now. Start a new verification with a longer customCode, or without one.`,
    );
  }
  return refuse('code_invalid', `${needed} for now. Give a longer customCode, or leave it out.`, {
    pointer: '/customCode',
  });
}
