import { ok, type Result, refuse } from '#domain/refusal.ts';
import { checkTemplate, templateNamePattern } from '#domain/template.ts';
import type { ServiceContext } from '#service/context.ts';
import type { Service } from '#service/service.ts';
import type { InTurn } from '#service/turns.ts';

type TemplateVerbs = Pick<
  Service,
  'saveTemplate' | 'readTemplate' | 'listTemplates' | 'deleteTemplate'
>;

/**
 * Named texts of an application, checked when saved, so that sending cannot fail on them. `inTurn`
 * is the one of the settings: no template goes while a change makes it the default.
 */
export function createTemplateVerbs(
  { storage, templates }: Pick<ServiceContext, 'storage' | 'templates'>,
  inTurn: InTurn,
): TemplateVerbs {
  async function isDefault(applicationId: string, name: string): Promise<boolean> {
    const application = await storage.readApplication(applicationId);
    return application?.settings.template === name;
  }

  function notFound(name: string): Result<never> {
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
      const { name, state } = checked.value;
      return inTurn(applicationId, async () => {
        if (state === 'draft' && (await isDefault(applicationId, name))) {
          return inUse(name, { pointer: '/state' });
        }
        const saved = await storage.saveTemplate(applicationId, checked.value);
        templates.forget(applicationId);
        return ok(saved);
      });
    },
    async readTemplate(applicationId, name) {
      // Not every storage can be asked for a name with a zero byte.
      if (!templateNamePattern.test(name)) return notFound(name);
      const found = await storage.readTemplate(applicationId, name);
      return found === null ? notFound(name) : ok(found);
    },
    listTemplates: (applicationId) => storage.listTemplates(applicationId),
    deleteTemplate: (applicationId, name) =>
      inTurn(applicationId, async () => {
        if (!templateNamePattern.test(name)) return notFound(name);
        if (await isDefault(applicationId, name)) return inUse(name);
        const isDeleted = await storage.deleteTemplate(applicationId, name);
        templates.forget(applicationId);
        return isDeleted ? ok(null) : notFound(name);
      }),
  };
}

/** Without it every start that names no text would be refused. */
function inUse(name: string, more: { pointer?: string } = {}): Result<never> {
  return refuse(
    'template_in_use',
    `The template "${name}" is the application's default. Set another default, or none, first.`,
    more,
  );
}
