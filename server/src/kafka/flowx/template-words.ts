import { ok, type Result } from '#domain/refusal.ts';
import type { VariableLookup } from '#service/requests.ts';
import { type Fields, textOf, WrittenNumber } from './json.ts';
import { variablesOf } from './variables.ts';
import { fault } from './words.ts';

/** Which template, in which language, filled with what. */
export interface TemplateWords {
  readonly template: string;
  readonly language?: string;
  readonly variablesFrom: VariableLookup;
}

const templateCharactersMax = 64;
const languageCharactersMax = 35;

export function readTemplateWords(fields: Fields): Result<TemplateWords, string> {
  const template = textOf(fields['templateName']);
  if (template === undefined || template === '' || template.length > templateCharactersMax) {
    return fault('templateName must be the name of a template of the application.');
  }
  const language = textOf(fields['language'] ?? undefined);
  if (language !== undefined && language.length > languageCharactersMax) {
    return fault('language must be a language tag such as "en" or "de-AT".');
  }
  const sources: unknown[] = [];
  for (const name of ['data', 'contentParams']) {
    const source = fields[name] ?? {};
    if (typeof source !== 'object' || source instanceof WrittenNumber) {
      return fault(`${name} must be an object.`);
    }
    sources.push(source);
  }
  return ok({
    template,
    ...(language === undefined || language === '' ? {} : { language }),
    variablesFrom: variablesOf(sources),
  });
}
