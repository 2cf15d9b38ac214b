import { callServer, refusalOf, serverOptions } from '#cli/call-server.ts';
import { type Command, done } from '#cli/command.ts';

export const templateShow: Command = {
  name: 'template show',
  words: ['name'],
  options: serverOptions,
  summary: 'Shows a template with all its variants, in the form that `template save` reads.',
  mode: 'tool',
  async run(input, context) {
    const path = templatePath(input.words['name']);
    const answer = await callServer(input, context, { method: 'GET', path });
    if (answer.kind !== 'answered') return answer;
    if (answer.status !== 200) return refusalOf(answer);
    const { state, purposes, variants } = answer.body;
    return done(answer.body, [JSON.stringify({ state, purposes, variants }, null, 2)]);
  },
};

export function templatePath(name: string | undefined): string {
  return `/v1/templates/${encodeURIComponent(name ?? '')}`;
}
