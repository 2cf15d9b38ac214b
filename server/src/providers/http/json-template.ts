import {
  type Choice,
  compileChoice,
  compileTemplate,
  type Filled,
  folded,
  type TemplateScope,
} from './template.ts';

/**
 * A JSON body with templates for its texts. It is compiled to a function that writes JSON directly,
 * so that text can never end the string it stands in, and members without a value are left out.
 */

/** Deeper than any gateway's request. */
export const jsonDepthMax = 12;

/** Renders to JSON text; null when the value itself is left out. */
export function compileJson(content: unknown, scope: TemplateScope): Filled {
  if (typeof content === 'string') return quoted(compileTemplate(content, scope));
  if (isChoice(content)) return compileChoice(content, (one) => compileJson(one, scope), scope);
  if (Array.isArray(content)) return compileItems(content, scope);
  if (typeof content === 'object' && content !== null) return compileMembers(content, scope);
  const literal = JSON.stringify(content);
  return { isConstant: true, render: () => literal };
}

/** Every template in the content with its key, for the check of a manifest. */
export function jsonTemplates(
  content: unknown,
  key: string,
): readonly (readonly [string, string])[] {
  if (typeof content === 'string') return [[key, content]];
  if (typeof content !== 'object' || content === null) return [];
  return Object.entries(content).flatMap(([name, value]) => jsonTemplates(value, `${key}.${name}`));
}

/** Asked before anything walks the content, so that no walk runs out of stack. */
export function isTooDeep(content: unknown, depthLeft = jsonDepthMax): boolean {
  if (typeof content !== 'object' || content === null) return false;
  if (depthLeft === 0) return true;
  return Object.values(content).some((value) => isTooDeep(value, depthLeft - 1));
}

function isChoice(content: unknown): content is Choice {
  return (
    typeof content === 'object' && content !== null && 'choose' in content && 'cases' in content
  );
}

function quoted(filled: Filled): Filled {
  return folded({
    isConstant: filled.isConstant,
    render: (message) => {
      const value = filled.render(message);
      return value === null ? null : JSON.stringify(value);
    },
  });
}

function compileItems(items: readonly unknown[], scope: TemplateScope): Filled {
  const compiled = items.map((item) => compileJson(item, scope));
  return folded({
    isConstant: compiled.every((item) => item.isConstant),
    render: (message) => {
      const present = compiled.map((item) => item.render(message)).filter((item) => item !== null);
      return `[${present.join(',')}]`;
    },
  });
}

function compileMembers(content: object, scope: TemplateScope): Filled {
  const members = Object.entries(content).map(([name, value]) => ({
    head: `${JSON.stringify(name)}:`,
    value: compileJson(value, scope),
  }));
  return folded({
    isConstant: members.every((member) => member.value.isConstant),
    render: (message) => {
      let text = '';
      for (const { head, value } of members) {
        const rendered = value.render(message);
        if (rendered !== null) text += `${text === '' ? '' : ','}${head}${rendered}`;
      }
      return `{${text}}`;
    },
  });
}
