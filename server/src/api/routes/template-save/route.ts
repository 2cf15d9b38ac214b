import type { Static } from 'typebox';
import { callerOf } from '#api/authenticate.ts';
import { presentTemplate } from '#api/present-application.ts';
import { sendRefusal } from '#api/problem.ts';
import { defineRoute } from '#api/route.ts';
import { templateName } from '#api/schemas/shared.ts';
import { template, templateBody, templateExample } from '#api/schemas/template.ts';
import { noQuery } from '#api/schemas/text.ts';
import type { TemplateVariant } from '#domain/template.ts';

export const templateSave = defineRoute({
  method: 'PUT',
  path: '/v1/templates/{name}',
  operationId: 'saveTemplate',
  tag: 'templates',
  summary: 'Save a template',
  description:
    'Makes the template or replaces it whole. Every variant is checked with its longest values ' +
    'first, so that what is saved can be sent.',
  access: 'application',
  pathParameters: { name: templateName },
  query: noQuery,
  body: templateBody,
  // One e-mail in HTML of the largest size, with room for its text.
  bodyBytesMax: 65_536,
  answer: { status: 200, description: 'The template, saved.', schema: template },
  refusals: ['template_invalid', 'template_in_use', 'variables_invalid'],
  bodyExample: templateExample,
  async handle({ service }, request, reply) {
    const { application } = callerOf(request);
    const { state = 'approved', purposes = [], variants } = request.body;
    const result = await service.saveTemplate(application.id, {
      name: request.params.name,
      state,
      purposes,
      variants: variants.map((variant) => fillVariant(variant, application.settings.language)),
    });
    return result.ok ? presentTemplate(result.value) : sendRefusal(reply, result.error);
  },
});

/** A variant without a language is in the application's own. */
function fillVariant(
  variant: Static<typeof templateBody>['variants'][number],
  applicationLanguage: string,
): TemplateVariant {
  const { language = applicationLanguage, prefix = null, subject = null, html = null } = variant;
  return { channel: variant.channel, language, prefix, subject, text: variant.text, html };
}
