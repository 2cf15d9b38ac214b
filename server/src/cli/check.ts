import { callServer, refusalOf, serverOptions } from '#cli/call-server.ts';
import { type Command, done } from '#cli/command.ts';

const reasons: Readonly<Record<string, string>> = {
  wrong_code: 'the code is wrong',
  expired: 'the code has expired',
  too_many_checks: 'too many wrong codes were tried',
  already_used: 'the code was used already',
  canceled: 'the verification was canceled',
};

export const check: Command = {
  name: 'check',
  words: ['id', 'code'],
  options: serverOptions,
  summary: 'Checks a code on a running server; exits with 1 when it is not approved.',
  mode: 'tool',
  async run(input, context) {
    const { id = '', code } = input.words;
    const answer = await callServer(input, context, {
      method: 'POST',
      path: `/v1/verifications/${encodeURIComponent(id)}/check`,
      body: { code },
    });
    if (answer.kind !== 'answered') return answer;
    if (answer.status !== 200) return refusalOf(answer);
    const { approved, reason, checksLeft, proof } = answer.body;
    if (approved === true) return done(answer.body, ['Approved.', `Proof: ${proof}`]);
    const why = reasons[String(reason)] ?? String(reason);
    const left = reason === 'wrong_code' ? ` Checks left: ${checksLeft}.` : '';
    return done(answer.body, [`Not approved: ${why}.${left}`], 1);
  },
};
