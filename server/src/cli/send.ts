import { callServer, refusalOf, serverOptions } from '#cli/call-server.ts';
import { type Command, done } from '#cli/command.ts';

export const send: Command = {
  name: 'send',
  words: ['recipient'],
  options: {
    channel: 'sms, email, voice, whatsapp or zalo.',
    purpose: 'What the proof is for, such as login.',
    country: 'Two letters; reads a national number.',
    language: 'Language of the message, such as fr.',
    ...serverOptions,
  },
  summary: 'Starts a verification of a phone number or an e-mail address on a running server.',
  mode: 'tool',
  async run(input, context) {
    const { channel, purpose, country, language } = input.options;
    const given = { recipient: input.words['recipient'], channel, purpose, country, language };
    const answer = await callServer(input, context, {
      method: 'POST',
      path: '/v1/verifications',
      body: given,
    });
    if (answer.kind !== 'answered') return answer;
    if (answer.status !== 201) return refusalOf(answer);
    const { id, recipient, channel: taken, expiresAt } = answer.body;
    return done(answer.body, [
      `Verification ${id}: a code is on its way to ${recipient} by ${taken}.`,
      `It expires at ${expiresAt}. To check it: watchword check ${id} <code>`,
    ]);
  },
};
