import { callServer, refusalOf, serverOptions } from '#cli/call-server.ts';
import { type Command, done } from '#cli/command.ts';

export const templateList: Command = {
  name: 'template list',
  words: [],
  options: serverOptions,
  summary: "Lists the templates of the API key's application, on a running server.",
  mode: 'tool',
  async run(input, context) {
    const answer = await callServer(input, context, { method: 'GET', path: '/v1/templates' });
    if (answer.kind !== 'answered') return answer;
    if (answer.status !== 200) return refusalOf(answer);
    const { items } = answer.body;
    const lines = Array.isArray(items) ? items.map(({ name, state }) => `${name}  ${state}`) : [];
    return done(answer.body, lines.length > 0 ? lines : ['There is no template yet.']);
  },
};
