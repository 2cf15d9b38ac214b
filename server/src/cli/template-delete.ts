import { callServer, refusalOf, serverOptions } from '#cli/call-server.ts';
import { type Command, done } from '#cli/command.ts';
import { templatePath } from '#cli/template-show.ts';

export const templateDelete: Command = {
  name: 'template delete',
  words: ['name'],
  options: serverOptions,
  summary: "Removes a template of the API key's application.",
  mode: 'tool',
  async run(input, context) {
    const { name = '' } = input.words;
    const answer = await callServer(input, context, { method: 'DELETE', path: templatePath(name) });
    if (answer.kind !== 'answered') return answer;
    if (answer.status !== 204) return refusalOf(answer);
    return done({ name, deleted: true }, [`The template ${name} is removed.`]);
  },
};
