import { ok, refuse } from '#domain/refusal.ts';
import { checkTemplate, templateNamePattern } from '#domain/template.ts';
import type { ServiceContext } from '#service/context.ts';
import type { Service } from '#service/service.ts';

type TemplateVerbs = Pick<
  Service,
  'saveTemplate' | 'readTemplate' | 'listTemplates' | 'deleteTemplate'
>;

/** Named texts of an application, checked when saved, so that sending cannot fail on them. */
export function createTemplateVerbs({
  storage,
  templates,
}: Pick<ServiceContext, 'storage' | 'templates'>): TemplateVerbs {
  function notFound(name: string): ReturnType<typeof refuse> {
    return refuse(
      'template_not_found',
      templateNamePattern.test(name)
        ? `There is no template "${name}". Make it with PUT /v1/templates/${name}.`
        : 'No template can have this name. List the templates to see their names.',
    );
  }

  return {
    async saveTemplate(applicationId, template) {
      const checked = checkTemplate(template);
      if (!checked.ok) return checked;
      const saved = await storage.saveTemplate(applicationId, checked.value);
      templates.forget(applicationId);
      return ok(saved);
    },
    async readTemplate(applicationId, name) {
      const found = await storage.readTemplate(applicationId, name);
      return found === null ? notFound(name) : ok(found);
    },
    listTemplates: (applicationId) => storage.listTemplates(applicationId),
    async deleteTemplate(applicationId, name) {
      const isDeleted = await storage.deleteTemplate(applicationId, name);
      templates.forget(applicationId);
      return isDeleted ? ok(null) : notFound(name);
    },
  };
}
