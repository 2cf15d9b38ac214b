import { builtInTemplates } from '#domain/built-in-templates.ts';
import type { ChannelName } from '#domain/channels/channel.ts';
import { ok, type Result, refuse } from '#domain/refusal.ts';
import {
  codeRuleOf,
  isForMessages,
  type ParsedVariant,
  parseVariant,
  selectVariant,
  type Template,
  type TemplateVariant,
} from '#domain/template.ts';
import type { Storage } from '#service/ports.ts';

/** Where texts come from. Parsing is done once per text: it costs more than rendering. */
export interface TemplateLibrary {
  /** A text of the request's own. */
  inline(text: InlineText, rule: InlineRule): Result<ParsedVariant>;
  /** A variant of a named template that may be used for this purpose. */
  named(wanted: WantedTemplate): Promise<Result<FoundVariant | null>>;
  builtIn(
    wanted: Omit<WantedTemplate, 'name' | 'applicationId' | 'purpose' | 'kind'>,
  ): FoundVariant;
  /** Forgets what is known of an application's templates, after a change through this node. */
  forget(applicationId: string): void;
}

export type InlineText = Pick<TemplateVariant, 'text' | 'subject' | 'html'>;
/** How often the code may stand in it. */
export type InlineRule = 'once' | 'repeated';

export interface WantedTemplate {
  readonly applicationId: string;
  readonly name: string;
  readonly purpose: string;
  readonly channel: ChannelName;
  readonly language: string;
  /** E.164, or null for an e-mail address. */
  readonly phone: string | null;
  readonly hasTransaction: boolean;
  /** For a plain message, not for a verification. */
  readonly kind?: 'message';
}

export interface FoundVariant {
  readonly parsed: ParsedVariant;
  readonly language: string;
}

/** Another node's change is seen after this long. */
const freshMs = 2_000;
/** Bounds on what is remembered; beyond them the oldest is read or parsed again. */
const inlineTextsMax = 500;
const templatesMax = 1_000;

export function createTemplateLibrary(storage: Storage): TemplateLibrary {
  const inlineTexts = new Map<string, Result<ParsedVariant>>();
  const templates = new Map<string, { template: Template | null; readAtMs: number }>();
  const parsedVariants = new WeakMap<TemplateVariant, ParsedVariant>();
  const builtInVariants = new Map<string, FoundVariant>();

  function parsed(variant: TemplateVariant, of: Template): ParsedVariant {
    const known = parsedVariants.get(variant);
    if (known !== undefined) return known;
    const result = parseVariant(variant, codeRuleOf(of));
    // Templates are checked when they are saved, so a stored one that does not parse is a bug.
    if (!result.ok) throw new Error(`A stored template does not parse: ${result.error.detail}`);
    parsedVariants.set(variant, result.value);
    return result.value;
  }

  async function read(applicationId: string, name: string): Promise<Template | null> {
    const key = `${applicationId}\n${name}`;
    const known = templates.get(key);
    if (known !== undefined && performance.now() - known.readAtMs < freshMs) return known.template;
    const stored = await storage.readTemplate(applicationId, name);
    remember(templates, key, { template: stored?.template ?? null, readAtMs: performance.now() });
    return stored?.template ?? null;
  }

  return {
    inline(given, rule) {
      const isPlain = rule === 'once' && given.subject === null && given.html === null;
      // A plain text that looks like the name of another one is told apart by what comes before.
      const name = isPlain
        ? ` ${given.text}`
        : JSON.stringify([rule, given.text, given.subject, given.html]);
      const known = inlineTexts.get(name);
      if (known !== undefined) return known;
      const result = parseVariant(given, rule);
      remember(inlineTexts, name, result, inlineTextsMax);
      return result;
    },
    async named(wanted) {
      const template = await read(wanted.applicationId, wanted.name);
      if (template === null) {
        return refuse(
          'template_not_found',
          `There is no template "${wanted.name}". Make it with PUT /v1/templates/${wanted.name}.`,
          { pointer: '/template' },
        );
      }
      const refused = refuseUse(template, wanted);
      if (refused !== null) return refuse('template_invalid', refused, { pointer: '/template' });
      const variant = selectVariant(template, wanted);
      if (variant === null) return ok(null);
      return ok({ parsed: parsed(variant, template), language: variant.language });
    },
    builtIn(wanted) {
      const { channel, language, hasTransaction } = wanted;
      // The same for every number. Looking through all of them takes longer than rendering one.
      const key = `${channel} ${language} ${hasTransaction}`;
      const known = builtInVariants.get(key);
      if (known !== undefined) return known;
      const template = hasTransaction ? builtInTemplates.transaction : builtInTemplates.plain;
      const variant = selectVariant(template, wanted);
      if (variant === null) throw new Error(`No built-in text for ${channel}.`);
      const found = { parsed: parsed(variant, template), language: variant.language };
      remember(builtInVariants, key, found);
      return found;
    },
    forget(applicationId) {
      for (const key of templates.keys()) {
        if (key.startsWith(`${applicationId}\n`)) templates.delete(key);
      }
    },
  };
}

function refuseUse(
  template: Template,
  { purpose, kind }: Pick<WantedTemplate, 'purpose' | 'kind'>,
): string | null {
  if (template.state !== 'approved') {
    return `The template "${template.name}" is a draft. Set its state to approved first.`;
  }
  if (isForMessages(template) && kind !== 'message') {
    return (
      `The template "${template.name}" is for plain messages, which may show no code. Use ` +
      'another template.'
    );
  }
  if (template.purposes.length > 0 && !template.purposes.includes(purpose)) {
    return (
      `The template "${template.name}" is for ${template.purposes.join(', ')} only. ` +
      `Add the purpose "${purpose}" to it, or use another template.`
    );
  }
  return null;
}

function remember<Value>(
  known: Map<string, Value>,
  key: string,
  value: Value,
  max = templatesMax,
): void {
  known.delete(key);
  known.set(key, value);
  const [oldest] = known.keys();
  if (known.size > max && oldest !== undefined) known.delete(oldest);
}
