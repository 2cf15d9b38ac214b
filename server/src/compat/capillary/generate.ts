import { type Action, readAction } from '#compat/capillary/actions.ts';
import { type ReadChannel, readChannels } from '#compat/capillary/channels.ts';
import { readEntity } from '#compat/capillary/entity.ts';
import {
  answer,
  answerErrors,
  errorOf,
  type OtpError,
  type OtpErrorCode,
} from '#compat/capillary/errors.ts';
import { capillarySettings } from '#compat/capillary/settings.ts';
import { mailContent, smsContent } from '#compat/capillary/texts.ts';
import { callerOf, type FacadeRoute } from '#compat/facade.ts';
import { readWords, type Words } from '#compat/words.ts';
import type { ApplicationSettings } from '#domain/application.ts';
import { headOf } from '#domain/id.ts';
import type { Result } from '#domain/refusal.ts';
import type { ChannelRequest, StartRequest } from '#service/requests.ts';
import type { Service } from '#service/service.ts';

/** What `createdId` says of a code that was sent before and is sent again. */
const sentAgain = 1;

export function createGenerate(service: Pick<Service, 'startVerification'>): FacadeRoute['handle'] {
  return async (request, reply) => {
    const caller = callerOf(request);
    const read = readGenerate(caller.application.settings, request.body);
    if (!read.ok) return answerErrors(reply, read.error);
    const started = await service.startVerification(caller, read.value.request, null);
    if (!started.ok) return answerErrors(reply, [errorOf(started.error)]);
    const { id, sendsUsed } = started.value.view;
    // The head of an id is a number that every client's long, and JavaScript's number, can hold.
    const createdId = sendsUsed > 1 ? sentAgain : headOf(id, 'vf');
    return answer(reply, 200, { createdId, warnings: read.value.warnings });
  };
}

interface Warning {
  readonly status: boolean;
  readonly code: null;
  readonly message: string;
}

interface ReadGenerate {
  readonly request: StartRequest;
  readonly warnings: readonly Warning[];
}

/** Everything that is wrong with a call is told at once. */
function readGenerate(
  settings: ApplicationSettings,
  body: unknown,
): Result<ReadGenerate, readonly OtpError[]> {
  const words = readWords(body);
  const errors = new Set<OtpErrorCode>();
  const action = readAction(words('action'));
  if (action === null) errors.add(600);
  const entity = readEntity(words, settings.country);
  if (!entity.ok) for (const code of entity.error) errors.add(code);
  const found = readChannels(memberOf(body, 'channels'), entity.ok ? entity.value : null, {
    entityValue: words('entityValue'),
    country: settings.country,
  });
  for (const code of found.errors) errors.add(code);
  const asks = (channel: string) => found.channels.some((one) => one.channel === channel);
  if (asks('whatsapp') && isBlank(words('whatsappTemplateName'))) errors.add(607);
  if (asks('zalo') && isBlank(words('zaloTemplateIdentifier'))) errors.add(621);
  if (errors.size > 0 || action === null || !entity.ok) {
    return { ok: false, error: [...errors].map((code) => ({ code })) };
  }
  const enabled = found.channels.filter(({ channel }) => settings.channels.includes(channel));
  if (enabled.length === 0) return { ok: false, error: [{ code: 606 }] };
  const isTexted = enabled.some(({ channel }) => channel === 'sms');
  const told = enabled.map((one) => withContent(one, { settings, action, words, body, isTexted }));
  const request = {
    recipient: entity.value.canonical,
    purpose: action,
    channels: told.map(({ request: one }) => one),
  };
  return {
    ok: true,
    value: { request, warnings: warningsOf(found.channels, settings, told) },
  };
}

interface Asked {
  readonly settings: ApplicationSettings;
  readonly action: Action;
  readonly words: Words;
  readonly body: unknown;
  /** Whether an SMS is among what goes out. */
  readonly isTexted: boolean;
}

interface Told {
  readonly request: ChannelRequest;
  /** Whether its text shows the code more than once. */
  readonly isRepeated: boolean;
}

/** The body's own text, the template of the action, the application's, and last the vendor's. */
function withContent({ channel, to }: ReadChannel, asked: Asked): Told {
  const { settings, action, words, body, isTexted } = asked;
  const template = capillarySettings(settings).templates[action] ?? settings.template;
  const at = { channel, to: to.canonical };
  switch (channel) {
    case 'whatsapp':
    case 'zalo': {
      const name = channel === 'zalo' ? 'zaloTemplateIdentifier' : 'whatsappTemplateName';
      return { request: { ...at, template: words(name)?.trim() ?? '' }, isRepeated: false };
    }
    case 'sms':
    case 'email': {
      const mail = readWords(memberOf(body, 'emailTemplate'));
      const own = channel === 'sms' ? smsContent(words('template')) : mailContent(mail, isTexted);
      if (own.isGiven || template === null) {
        return { request: { ...at, ...own.content }, isRepeated: own.isRepeated };
      }
      return { request: { ...at, template }, isRepeated: false };
    }
    case 'voice':
      return { request: template === null ? at : { ...at, template }, isRepeated: false };
  }
}

function warningsOf(
  channels: readonly ReadChannel[],
  settings: ApplicationSettings,
  told: readonly Told[],
): Warning[] {
  const texts: string[] = [];
  for (const { channel, type, to } of channels) {
    if (!settings.channels.includes(channel)) {
      texts.push(`The channel ${type} is not enabled, so nothing is sent there.`);
    } else if (to.kind === 'phone' && to.lineType === 'fixed_line' && channel !== 'voice') {
      texts.push(`The number for ${type} is known as a landline, which may not take messages.`);
    }
  }
  if (told.some(({ isRepeated }) => isRepeated)) {
    texts.push('A template has several placeholders. The code stands in each of them.');
  }
  return texts.map((message) => ({ status: true, code: null, message }));
}

function isBlank(word: string | undefined): boolean {
  return word === undefined || word.trim() === '';
}

function memberOf(body: unknown, name: string): unknown {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, name)) return undefined;
  return (body as Readonly<Record<string, unknown>>)[name];
}
