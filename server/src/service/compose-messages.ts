import type { Application } from '#domain/application.ts';
import { appendAutofill } from '#domain/autofill.ts';
import { balanceScope, balanceUnit, microsPerMessage } from '#domain/balance.ts';
import type { ChannelContent, ChannelName } from '#domain/channels/channel.ts';
import { channels } from '#domain/channels/index.ts';
import { shardOfId } from '#domain/id.ts';
import { toMicros } from '#domain/money.ts';
import { ok, type Result, refuse } from '#domain/refusal.ts';
import { checkSender } from '#domain/sender.ts';
import { renderVariant, variantVariables } from '#domain/template.ts';
import { showsTransaction } from '#domain/template-text.ts';
import { composeValues, takeVariables, type Variables } from '#domain/template-variables.ts';
import type { Destination, KeptRequest } from '#service/kept-request.ts';
import { makeId } from '#service/make-id.ts';
import type { BudgetEntry, NewDelivery } from '#service/ports.ts';
import type { OutboundMessage, Provider } from '#service/provider-port.ts';
import type { ProviderRoutes } from '#service/provider-routes.ts';
import type { VariableLookup } from '#service/requests.ts';
import type { FoundVariant, TemplateLibrary } from '#service/template-library.ts';

/** A message ready for its first provider, and the row that storage keeps of it. */
export interface ComposedDelivery {
  readonly message: OutboundMessage;
  readonly provider: Provider;
  readonly row: NewDelivery;
}

/** What all messages of one send are composed from. */
interface ComposeInput {
  readonly application: Application;
  readonly kept: KeptRequest;
  readonly verificationId: string;
  readonly code: string;
}

/** The texts of one send: a delivery for each destination, all with the same code. */
export async function composeDeliveries(
  parts: { templates: TemplateLibrary; routes: ProviderRoutes },
  input: ComposeInput & { readonly destinations: readonly Destination[] },
): Promise<Result<ComposedDelivery[]>> {
  const deliveries: ComposedDelivery[] = [];
  for (const destination of input.destinations) {
    const [provider] = parts.routes.forChannel(destination.channel, input.application.settings);
    if (provider === undefined) return refuseChannel(destination);
    const deliveryId = makeId('dl', shardOfId(input.verificationId));
    const message = await composeMessage(parts.templates, input, destination, deliveryId);
    if (!message.ok) return message;
    deliveries.push({ message: message.value, provider, row: toRow(provider, message.value) });
  }
  return ok(deliveries);
}

/** One message. The same input makes the same text, as long as no template changes. */
export async function composeMessage(
  templates: TemplateLibrary,
  input: ComposeInput,
  destination: Destination,
  deliveryId: string,
): Promise<Result<OutboundMessage>> {
  const composed = await composeContent(templates, input, destination);
  if (!composed.ok) return composed;
  return ok({
    deliveryId,
    verificationId: input.verificationId,
    applicationId: input.application.id,
    channel: destination.channel,
    destination: destination.to,
    country: destination.country,
    sender: senderOn(destination.channel, input.kept.sender),
    ...composed.value.content,
    language: composed.value.language,
    code: input.code,
    isPossibleDuplicate: false,
  });
}

/** The variables of a start that were given to be looked up: those that its texts ask for. */
export async function lookUpVariables(
  templates: TemplateLibrary,
  input: Pick<ComposeInput, 'application' | 'kept'>,
  lookUp: VariableLookup,
): Promise<Result<Variables>> {
  const names: string[] = [];
  for (const destination of input.kept.destinations) {
    const found = await findVariant(templates, input, destination);
    if (!found.ok) return found;
    names.push(...variantVariables(found.value.parsed));
  }
  return takeVariables(names, lookUp);
}

/** What the deliveries may cost, per budget that the application has, and its balance. */
export function budgetEntries(
  application: Application,
  deliveries: readonly ComposedDelivery[],
  destinations: readonly Destination[],
): Result<BudgetEntry[]> {
  const { balance, dailyBudget, countryDailyBudgets } = application.settings;
  const entries: BudgetEntry[] = [];
  if (balance !== null) {
    entries.push({
      scope: balanceScope(balance),
      micros: deliveries.length * microsPerMessage,
      maxMicros: balance.messages * microsPerMessage,
      currency: balanceUnit,
    });
  }
  for (const [index, delivery] of deliveries.entries()) {
    const { quoteMicros, currency } = delivery.row;
    const country = destinations[index]?.country ?? null;
    const budgets = [
      { scope: 'all', money: dailyBudget },
      { scope: country ?? 'all', money: country === null ? null : countryDailyBudgets[country] },
    ];
    for (const { scope, money } of budgets) {
      if (!money) continue;
      if (quoteMicros === null || currency === null) return refuseUnpriced(delivery);
      if (currency !== money.currency) return refuseCurrency(delivery);
      entries.push({ scope, micros: quoteMicros, maxMicros: toMicros(money.amount), currency });
    }
  }
  return ok(entries);
}

async function composeContent(
  templates: TemplateLibrary,
  input: ComposeInput,
  destination: Destination,
): Promise<Result<{ content: ChannelContent; language: string }>> {
  const { kept, code } = input;
  const found = await findVariant(templates, input, destination);
  if (!found.ok) return found;
  const { parsed, language } = found.value;
  if (kept.transaction !== null && !showsTransaction(parsed.text)) {
    return refuse(
      'template_invalid',
      'The text of a transaction must show {{amount}} and {{payee}}, so that the payer sees ' +
        'what the code is for.',
      { pointer: kept.text === null ? '/template' : '/text' },
    );
  }
  const values = composeValues({
    code,
    application: input.application.name,
    lifetimeSeconds: kept.lifetimeSeconds,
    transaction: kept.transaction,
    variables: kept.variables,
  });
  const rendered = renderVariant(parsed, values);
  if (!rendered.ok) return rendered;
  const text =
    destination.channel === 'sms'
      ? appendAutofill(rendered.value.text, code, kept.autofill)
      : ok(rendered.value.text);
  if (!text.ok) return text;
  const content = channels[destination.channel].shape(
    { ...rendered.value, text: text.value },
    code,
  );
  return content.ok ? ok({ content: content.value, language }) : content;
}

/**
 * What the destination is told of its own; the request's text, its template, the application's
 * template, and last the built-in one.
 */
async function findVariant(
  templates: TemplateLibrary,
  input: Pick<ComposeInput, 'application' | 'kept'>,
  destination: Destination,
): Promise<Result<FoundVariant>> {
  const { kept, application } = input;
  const { content } = destination;
  const own = content ?? (kept.text === null ? null : { ...noParts, text: kept.text });
  if (own !== null && 'text' in own) {
    const rule = application.settings.allowRepeatedCode ? 'repeated' : 'once';
    const parsed = templates.inline(own, rule);
    if (parsed.ok) return ok({ parsed: parsed.value, language: kept.language });
    return { ok: false, error: { ...parsed.error, pointer: '/text' } };
  }
  const wanted = {
    applicationId: application.id,
    purpose: kept.purpose,
    channel: destination.channel,
    language: kept.language,
    phone: destination.to.startsWith('+') ? destination.to : null,
    hasTransaction: kept.transaction !== null,
  };
  const name = own?.template ?? kept.template ?? application.settings.template;
  if (name !== null) {
    const found = await templates.named({ ...wanted, name });
    if (!found.ok) return found;
    if (found.value !== null) return ok(found.value);
  }
  return ok(templates.builtIn(wanted));
}

const noParts = { subject: null, html: null } as const;

/** The application's name may stand over a text and not over a call: then it is left out. */
export function senderOn(channel: ChannelName, sender: string | null): string | null {
  return sender !== null && checkSender(sender, channel).ok ? sender : null;
}

export function toRow(provider: Provider, message: OutboundMessage): NewDelivery {
  const quote = provider.quote(message);
  return {
    id: message.deliveryId,
    channel: message.channel,
    provider: provider.name,
    parts: message.parts,
    quoteMicros: quote === null ? null : toMicros(quote.amount),
    currency: quote?.currency ?? null,
  };
}

export function refuseChannel(destination: Pick<Destination, 'channel'>): Result<never> {
  return refuse(
    'channel_unavailable',
    `No provider is configured for the channel ${destination.channel}. Configure one, or use ` +
      'another channel.',
    { pointer: '/channel', channel: destination.channel },
  );
}

/** A budget that nobody can count against would not hold, so its message is not sent. */
function refuseUnpriced({ row }: ComposedDelivery): Result<never> {
  return refuse(
    'channel_unavailable',
    `The application has a daily budget, and the provider ${row.provider} has no price to count ` +
      'with. Give it one in the settings of the server, "0" if it costs nothing.',
    { pointer: '/channel', channel: row.channel },
  );
}

function refuseCurrency({ row }: ComposedDelivery): Result<never> {
  return refuse(
    'channel_unavailable',
    `The provider ${row.provider} is priced in ${row.currency}, the budget in another currency. ` +
      'Set both in one currency.',
    { pointer: '/channel', channel: row.channel },
  );
}
