import { readFileSync, statSync } from 'node:fs';
import { callServer, refusalOf, serverOptions } from '#cli/call-server.ts';
import { type Command, done, misused } from '#cli/command.ts';
import { templatePath } from '#cli/template-show.ts';
import { parseJson } from '#src/setting-readers.ts';

/** As much as the server takes. */
const fileBytesMax = 65_536;

export const templateSave: Command = {
  name: 'template save',
  words: ['name', 'file'],
  options: serverOptions,
  summary: 'Makes a template, or replaces it whole, from a file of JSON.',
  details:
    'The file has the body of `PUT /v1/templates/{name}`, for example:\n' +
    '  {"variants": [{"channel": "sms", "text": "Your code is {{code}}"}]}',
  mode: 'tool',
  async run(input, context) {
    const { name, file = '' } = input.words;
    const found = statSync(file, { throwIfNoEntry: false });
    if (found?.isFile() !== true) return misused(`There is no file ${file}.`);
    if (found.size > fileBytesMax) return misused(`${file} is larger than ${fileBytesMax} bytes.`);
    const body = parseJson(readFileSync(file, 'utf8'));
    if (typeof body !== 'object' || body === null) return misused(`${file} holds no JSON object.`);
    const path = templatePath(name);
    const answer = await callServer(input, context, { method: 'PUT', path, body });
    if (answer.kind !== 'answered') return answer;
    if (answer.status !== 200) return refusalOf(answer);
    return done(answer.body, [`The template ${answer.body['name']} is saved.`]);
  },
};
